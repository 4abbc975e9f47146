"""`python -m tutorpulse`."""

from tutorpulse.cli import main

main()
