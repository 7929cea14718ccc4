"""From object code to a call: load it, give it memory, bind it to a Python function's arguments and shared arrays."""
