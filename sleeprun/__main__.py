"""The `sleeprun` command: from the command line to a typed config, and from errors to exit codes.

Exit codes are in `cli.codes`. What loads Hydra and JAX is imported where they are called, so that
help and completion come at once.
"""

import logging
import os
import sys
from importlib import import_module

from sleeprun.cli.arguments import choice_as_flag, overrides_first
from sleeprun.cli.codes import FAILED, INTERRUPTED, MISTAKE, OK, UNMET, say
from sleeprun.cli.completion import answered
from sleeprun.cli.folder import conf_dir
from sleeprun.cli.help import print_help
from sleeprun.cli.mistakes import explain_hydra, explain_other, explain_setting
from sleeprun.cli.streams import print_come_what_may
from sleeprun.runs.signals import interruptible
from sleeprun.version import VERSION

log = logging.getLogger("sleeprun")


def main() -> None:
    interruptible()
    try:
        sys.exit(_called())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _called() -> int:
    if sys.platform == "win32":
        sys.exit("sleeprun: runs on Linux and macOS; on Windows, in its Subsystem for Linux")
    print_come_what_may()
    try:
        os.getcwd()
    except FileNotFoundError:
        return say(MISTAKE, "this folder is not there any more; cd to one that is")
    if "--version" in sys.argv[1:]:
        print(f"sleeprun {VERSION}")
        return OK
    if len(sys.argv) == 1 or {"--help", "-h"} & set(sys.argv[1:]):
        return print_help(conf_dir(), sys.argv[1:])
    if (line := os.environ.get("COMP_LINE")) and answered(conf_dir(), sys.argv[1:], line):
        return OK
    if meant := choice_as_flag(sys.argv[1:]):
        return say(MISTAKE, meant)
    sys.argv[1:] = overrides_first(sys.argv[1:])
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # let errors reach `_explained`
    return _explained()


def _explained() -> int:
    """Run Hydra and turn whatever goes wrong into a message and an exit code."""
    import hydra
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    try:
        from sleeprun.cli.entry import entry, failures, remove_scratch
        from sleeprun.sweeps.jobs import Unmet
    except ValueError as error:  # JAX reads its settings when it is imported
        if mistake := explain_setting(error):
            return say(MISTAKE, mistake)
        raise
    from sleeprun.config import ConfigError, Shortage
    from sleeprun.sweeps import sweep

    try:
        hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="config")(entry)()
        if failures:
            raise failures[0]
        return OK
    except ConfigError as error:
        failed = isinstance(error, Shortage) or sweep.begun()
        return say(FAILED if failed else MISTAKE, str(error))
    except Unmet as error:
        return say(FAILED if sweep.begun() else UNMET, str(error))
    except YAMLError as error:
        return say(MISTAKE, " ".join(str(error).split()))
    except (HydraException, OmegaConfBaseException) as error:
        return say(MISTAKE, explain_hydra(error))
    except Exception as error:
        if mistake := explain_other(error, sys.argv[1:]):
            return say(MISTAKE, mistake)
        if not getattr(error, "told", False):
            log.exception("failed")
        return FAILED
    finally:
        sweep.conclude()
        remove_scratch()


def compare() -> None:
    """The `sleeprun-compare` command."""
    _begin("compare")


def analyse() -> None:
    """The `sleeprun-analyse` command."""
    _begin("analyse")


def report() -> None:
    """The `sleeprun-report` command."""
    _begin("report")


def _begin(name: str) -> None:
    try:
        module = import_module(f"sleeprun.cli.{name}")
    except ValueError as error:  # JAX reads its settings when it is imported
        if mistake := explain_setting(error):
            sys.exit(say(MISTAKE, mistake, f"sleeprun-{name}"))
        raise
    module.main()


if __name__ == "__main__":
    main()
