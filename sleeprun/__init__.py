"""sleeprun: how does sleep keep neural networks from forgetting?"""

__version__ = "0.1.0"
