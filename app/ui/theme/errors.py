"""What a theme is refused for."""


class ThemeError(ValueError):
    """A colour is not one, or two colours that meet could not be read.

    pair is empty when the fault is not a contrast. ratio and minimum are WCAG contrasts.
    """

    def __init__(
        self,
        message: str,
        *,
        pair: str = "",
        scheme: str = "",
        ratio: float = 0.0,
        minimum: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.pair = pair
        self.scheme = scheme
        self.ratio = ratio
        self.minimum = minimum
