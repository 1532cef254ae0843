from smena_swebench import mini
def view_of(bug):
    r=mini.record(bug)
    return {"problem_statement": r["problem_statement"], "files": mini.tree(bug), "check": mini.check(bug)}
