"""The command line. Each group of commands is a small module, and only the one that is asked for is loaded; what
costs time to import is imported inside a command."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module

import typer

from smena.errors import ExitCode, SmenaError

MODULES = {
    "run": ("run", "resume"),
    "aa": ("aa-test",),
    "report": ("report", "compare", "outcomes", "runs"),
    "experiment": ("experiment",),
    "view": ("view",),
    "memory": ("memory",),
    "gates": ("gates", "calibrate"),
    "plugins": ("plugins", "doctor"),
    "prompt": ("prompt", "estimate"),
    "transfer": ("export", "import", "spans"),
    "env": ("env",),
    "plugin": ("plugin",),
    "verdict": ("verdict",),
    "verifier": ("verifier",),
}
"""The commands of each module, in the order of the help."""


def make_app(command: str = "") -> typer.Typer:
    """The program; where ``command`` is one of its commands, with no others: to make them all takes a fifth of a
    short command's time."""
    app = typer.Typer(
        name="smena",
        help="Keep a lesson only when counterfactual trials show that it causes success.",
        epilog="Start with: smena run --env arc   Then: smena report   Docs: docs/ in the repository.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_nothing)  # else a single command would be the program itself
    for module in [name for name, commands in MODULES.items() if command in commands] or MODULES:
        import_module(f"smena.cli.{module}").add_to(app)
    return app


def _nothing() -> None:
    pass


def main() -> None:
    """Entry point of `smena`. Bad input and failed runs end in one line and an exit code, never in a
    traceback.

    ``SMENA_TRACEBACK=1`` shows the traceback of an unexpected error, for a bug report."""
    # What is imported stays: to look for garbage every 700 objects is a tenth of a start.
    gc.set_threshold(50_000)
    try:
        code = make_app(*sys.argv[1:2])(standalone_mode=False, prog_name="smena")
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
