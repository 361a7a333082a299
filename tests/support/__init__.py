"""What tests of several packages build on: valid values to vary, and fakes on the two seams."""
