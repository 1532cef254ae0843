"""The SQL behind each figure, to be run on the store as it stands (SQLite and PostgreSQL)."""

from __future__ import annotations

_TRIALS = "run_trials JOIN outcomes ON outcomes.key = run_trials.key"

_LEARNING = f"""
SELECT step, COUNT(*) AS tasks, AVG(1.0 * first) AS acc_1, AVG(1.0 * best) AS acc_n
FROM (SELECT SUBSTR(purpose, 7, 3) AS step,
             MAX(CASE WHEN position = 0 THEN y END) AS first,
             MAX(COALESCE(y, 0)) AS best,
             MAX(CASE WHEN status <> 'ok' THEN 1 ELSE 0 END) AS lost
      FROM {_TRIALS}
      WHERE run = :run AND purpose LIKE 'train/%' AND kind = 'attempt'
      GROUP BY purpose) AS episodes
WHERE lost = 0 OR best = 1
GROUP BY step ORDER BY step"""

_HELD_OUT = f"""
SELECT arm, COUNT(*) AS tasks, AVG(acc) AS accuracy, SUM(informed) AS informed
FROM (SELECT purpose AS arm, task, AVG(1.0 * y) AS acc,
             MAX(CASE WHEN knowledge <> '[]' THEN 1 ELSE 0 END) AS informed
      FROM {_TRIALS}
      WHERE run = :run AND purpose LIKE 'eval/%' AND status = 'ok'
      GROUP BY purpose, task) AS tasks
GROUP BY arm ORDER BY arm"""

_DIFFERENCES = f"""
WITH cells AS (SELECT purpose, position, task, y FROM {_TRIALS}
               WHERE run = :run AND purpose LIKE 'eval/%' AND status = 'ok')
SELECT arm, base, COUNT(*) AS tasks, AVG(d) AS difference
FROM (SELECT a.purpose AS arm, b.purpose AS base, a.task, AVG(1.0 * (a.y - b.y)) AS d
      FROM cells a JOIN cells b ON a.position = b.position AND a.task = b.task AND a.purpose <> b.purpose
      WHERE b.purpose = 'eval/trusted/000' OR b.purpose LIKE 'eval/all/%'
      GROUP BY a.purpose, b.purpose, a.task) AS pairs
GROUP BY arm, base ORDER BY arm, base"""

_MEMORY = """
SELECT steps.step, t.to_status AS state, COUNT(*) AS items
FROM (SELECT CAST(SUBSTR(name, 8) AS INTEGER) AS step FROM marks
      WHERE run = :run AND name LIKE 'memory/%') AS steps
JOIN transitions t ON t.run = :run AND t.seq = (SELECT MAX(u.seq) FROM transitions u
     WHERE u.run = t.run AND u.item = t.item AND u.step <= steps.step)
GROUP BY steps.step, t.to_status ORDER BY steps.step, items DESC"""

_SAVES = """
SELECT saved, audit, COUNT(*) AS items
FROM (SELECT d.verdict AS audit,
             CASE WHEN EXISTS (SELECT 1 FROM transitions t WHERE t.run = d.run AND t.item = d.item
                               AND t.to_status = 'trusted') THEN 1 ELSE 0 END AS saved
      FROM decisions d WHERE d.run = :run AND d.gate = 'audit') AS audited
GROUP BY saved, audit ORDER BY saved DESC, audit"""

_EVIDENCE = """
SELECT item, verdict, evidence FROM decisions WHERE run = :run AND gate = 'confirm' ORDER BY seq"""

_ITEMS = """
SELECT k.digest, k.name, i.task AS origin,
       (SELECT t.to_status FROM transitions t WHERE t.run = i.run AND t.item = i.digest
        ORDER BY t.seq DESC LIMIT 1) AS state
FROM items i JOIN knowledge k ON k.digest = i.digest
WHERE i.run = :run ORDER BY i.position"""

_LEDGER = f"""
SELECT family, COUNT(*) AS trials, SUM(cost) AS cost,
       SUM(CASE WHEN status IN ('infra', 'timeout') THEN 1 ELSE 0 END) AS lost
FROM (SELECT DISTINCT SUBSTR(purpose, 1, 4) AS family, outcomes.key, cost, status
      FROM {_TRIALS} WHERE run = :run) AS trials
GROUP BY family ORDER BY family"""

_LOSSES = """
-- by cause only; the table tells purposes and arms apart as well, and counts an execution in each
SELECT COALESCE(cause, 'infra') AS cause, COUNT(*) AS executions FROM failures
WHERE key IN (SELECT key FROM run_trials WHERE run = :run)
GROUP BY COALESCE(cause, 'infra') ORDER BY cause"""

_GATES = """
SELECT gate, verdict, COUNT(*) AS decisions FROM decisions
WHERE run = :run GROUP BY gate, verdict ORDER BY gate, verdict"""

_GROUPS = f"""
-- Acc@1 here also counts an episode that was lost after its first attempt, the table leaves it out
SELECT arm, tags, cluster, COUNT(*) AS tasks, AVG(acc) AS accuracy
FROM (SELECT CASE WHEN purpose LIKE 'train/%' THEN 'Acc@1' ELSE purpose END AS arm, task, tags, cluster,
             AVG(1.0 * y) AS acc
      FROM {_TRIALS} JOIN tasks k ON k.env = outcomes.env AND k.digest = outcomes.task
      WHERE run = :run AND status = 'ok' AND outcomes.kind = 'attempt'
        AND (purpose LIKE 'eval/%' OR (purpose LIKE 'train/%' AND position = 0))
      GROUP BY CASE WHEN purpose LIKE 'train/%' THEN 'Acc@1' ELSE purpose END, task, tags, cluster) AS cells
GROUP BY arm, tags, cluster ORDER BY arm, tags, cluster"""

_SERVICES = """
SELECT usage, price FROM outcomes WHERE usage IS NOT NULL AND status IN ('ok', 'abstain')
  AND key IN (SELECT key FROM run_trials WHERE run = :run)
UNION ALL
SELECT usage, price FROM failures WHERE usage IS NOT NULL
  AND key IN (SELECT key FROM run_trials WHERE run = :run)"""

_JUDGING = f"""
SELECT DISTINCT outcomes.key, task, knowledge, status, reward, scores FROM {_TRIALS}
WHERE run = :run AND kind = 'attempt' ORDER BY outcomes.key"""

_CALIBRATIONS = "SELECT number, env, labels, model, figures FROM calibrations ORDER BY number"

_FLOWS = """
SELECT step, before, after, COUNT(*) AS items
FROM (SELECT t.step, t.to_status AS after,
             COALESCE((SELECT u.to_status FROM transitions u WHERE u.run = t.run AND u.item = t.item
                       AND u.step < t.step ORDER BY u.seq DESC LIMIT 1), 'new') AS before
      FROM transitions t WHERE t.run = :run AND t.seq = (SELECT MAX(v.seq) FROM transitions v
           WHERE v.run = t.run AND v.item = t.item AND v.step = t.step)) AS moves
GROUP BY step, before, after ORDER BY step, before, after"""

_QUERIES = {
    "learning": _LEARNING,
    "held_out": _HELD_OUT,
    "differences": _DIFFERENCES,
    "memory": _MEMORY,
    "saves": _SAVES,
    "evidence": _EVIDENCE,
    "items": _ITEMS,
    "ledger": _LEDGER,
    "losses": _LOSSES,
    "gates": _GATES,
    "groups": _GROUPS,
    "services": _SERVICES,
    "judging": _JUDGING,
    "calibrations": _CALIBRATIONS,
    "flows": _FLOWS,
}


def queries(run: str) -> dict[str, str]:
    """The SQL of each figure, with the run's id written in."""
    literal = "'" + run.replace("'", "''") + "'"
    return {name: sql.strip().replace(":run", literal) for name, sql in _QUERIES.items()}
