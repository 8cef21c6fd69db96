"""`python -m app.cli` is `parvis`, for a checkout that is not installed."""

from app.cli import main

main()
