"""Types of the NumPy arrays that systems compute with."""

import numpy as np
import numpy.typing as npt

type Vector = npt.NDArray[np.float64]
type Matrix = npt.NDArray[np.float64]
type Array = npt.NDArray[np.float64]  # of three axes or more
type Rows = npt.NDArray[np.int64]  # numbers of rows, of places, of days
type Mask = npt.NDArray[np.bool_]
