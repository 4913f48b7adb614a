"""What is not there yet. A test that needs it is skipped, and says so; removing a line brings its tests in.

HOLON_E2E_ALL=1 runs them all the same.
"""

import os
import unittest

MISSING = {
    "agents",             # holonctl agent, event
}


def needs(feature):
    """Decorates a test or a class of tests."""
    missing = feature in MISSING and not os.environ.get("HOLON_E2E_ALL")
    return unittest.skipIf(missing, f"not there yet: {feature}")
