"""The HiGHS solver without its banner, which its Python wrapper prints as soon as a model is made, before any option can be set."""

from typing import Any

import highspy


class QuietHighs(highspy.Highs):
    """A HiGHS model that never writes to the terminal. `options` are set at once."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        for name, value in options.items():
            self.setOptionValue(name, value)

    def enableCallbacks(self) -> None:
        """Listen to the solver, once it is silent: turning its log on writes the banner."""
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()
