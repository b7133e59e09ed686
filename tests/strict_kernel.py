"""Run at the start of each kernel of the tests: a warning of labkit is an error.

So is one of a notebook's own cells; what other libraries tell each other is not.
"""

import warnings

warnings.filterwarnings("error", module=r"labkit(\.|$)|__main__$")
del warnings
