"""Tools of the developers: generated docs and checks of docs."""
