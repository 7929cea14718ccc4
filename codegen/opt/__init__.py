"""Station 7: a module of loop IR made better, in place."""
