"""What the model must beat: the published and the usual ways to tell who will be silent."""
