"""The `sleeprun` command: from the command line to a typed config, and from errors to exit codes.

Exit codes: 0 done, 1 a job failed, 2 a mistake in the configuration, 3 a required measure was
not reached, 130 interrupted. JAX and W&B are imported inside the job alone, so that help,
completion and a config error come at once.
"""

import logging
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

log = logging.getLogger("sleeprun")
PACKAGE = Path(__file__).parent
OK, FAILED, MISTAKE, UNMET, INTERRUPTED = 0, 1, 2, 3, 130


def conf_dir() -> Path:
    """`conf/` inside an installed package, or beside it in a checkout."""
    inside = PACKAGE / "conf"
    return inside if inside.is_dir() else PACKAGE.parent / "conf"


def main() -> None:
    if sys.platform == "win32":
        sys.exit("sleeprun: runs on Linux and macOS; on Windows, in its Subsystem for Linux")
    if "--version" in sys.argv[1:]:
        from importlib.metadata import version

        print(f"sleeprun {version('sleeprun')}")
        sys.exit(OK)
    if len(sys.argv) == 1 or {"--help", "-h"} & set(sys.argv[1:]):
        from sleeprun.cli.help import print_help

        print_help(conf_dir(), sys.argv[1:])
        sys.exit(OK)
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # let errors reach `_explained`
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(_explained())


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _explained() -> int:
    """Run Hydra and turn whatever goes wrong into a message and an exit code."""
    import hydra
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    from sleeprun.cli.entry import Unmet, entry, failures, scratch
    from sleeprun.cli.help import explain_group, explain_hydra
    from sleeprun.config import ConfigError
    from sleeprun.sweeps import cluster, launcher, sweep

    launcher.register()
    cluster.register()
    try:
        hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="config")(entry)()
        if failures:
            raise failures[0]
        return OK
    except ConfigError as error:
        return _say(FAILED if sweep.begun() else MISTAKE, str(error))
    except Unmet as error:
        return _say(FAILED if sweep.begun() else UNMET, str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except YAMLError as error:
        return _say(MISTAKE, " ".join(str(error).split()))
    except (HydraException, OmegaConfBaseException) as error:
        return _say(MISTAKE, explain_hydra(error))
    except Exception as error:
        if mistake := explain_group(error):
            return _say(MISTAKE, mistake)
        if not getattr(error, "told", False):
            log.exception("failed")
        return FAILED
    finally:
        sweep.conclude()
        shutil.rmtree(scratch(), ignore_errors=True)


def _say(code: int, message: str) -> int:
    print(f"sleeprun: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
