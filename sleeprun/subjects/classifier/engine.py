"""By what means a perceptron sleeps."""

from sleeprun.config import ConfigError
from sleeprun.config.runtime import Engine
from sleeprun.spiking import native
from sleeprun.subjects.classifier.schema import Config


def chosen(config: Config) -> Engine:
    """Raises ConfigError where what is wanted cannot be had."""
    wanted = config.runtime.simulate
    if wanted == "native" and not native.available():
        raise ConfigError("runtime.simulate='native': the package was built without its kernel")
    if wanted == "fused":
        raise ConfigError("runtime.simulate='fused': is for spiking agents; must be auto here")
    if wanted != "auto":
        return wanted
    return "native" if native.available() else "by_layer"
