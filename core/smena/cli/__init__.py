"""The command line. Each group of commands is a small module; what costs time to import is imported inside
a command."""

from __future__ import annotations

import os
import sys

import typer

from smena.cli import (
    aa,
    env,
    experiment,
    gates,
    memory,
    plugin,
    plugins,
    prompt,
    report,
    run,
    transfer,
    verdict,
    verifier,
    view,
)
from smena.errors import ExitCode, SmenaError

app = typer.Typer(
    name="smena",
    help="Keep a lesson only when counterfactual trials show that it causes success.",
    epilog="Start with: smena run --env arc   Then: smena report   Docs: docs/ in the repository.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
run.add_to(app)
aa.add_to(app)
report.add_to(app)
experiment.add_to(app)
view.add_to(app)
memory.add_to(app)
gates.add_to(app)
plugins.add_to(app)
prompt.add_to(app)
transfer.add_to(app)
env.add_to(app)
plugin.add_to(app)
verdict.add_to(app)
verifier.add_to(app)


def main() -> None:
    """Entry point of `smena`. Bad input and failed runs end in one line and an exit code, never in a
    traceback.

    ``SMENA_TRACEBACK=1`` shows the traceback of an unexpected error, for a bug report."""
    try:
        code = app(standalone_mode=False, prog_name="smena")
    except SmenaError as error:
        code = _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        code = _fail(
            "interrupted; everything so far is stored, the same command goes on from here",
            ExitCode.RUN_FAILED,
        )
    except BrokenPipeError:
        code = ExitCode.OK
    except Exception as error:
        code = _unexpected(error)
    sys.exit(code if isinstance(code, int) else ExitCode.OK)


def _unexpected(error: Exception) -> int:
    usage = getattr(error, "show", None)
    if usage:  # the parser's own errors know how to show themselves and what to return
        usage()
        return int(getattr(error, "exit_code", ExitCode.BAD_INPUT))
    if os.environ.get("SMENA_TRACEBACK"):
        raise error
    return _fail(
        f"unexpected {type(error).__name__}: {error} (a bug: please report it with SMENA_TRACEBACK=1; "
        "nothing stored is lost)",
        ExitCode.RUN_FAILED,
    )


def _fail(message: str, code: ExitCode) -> int:
    print(f"smena: {message}", file=sys.stderr)
    return int(code)
