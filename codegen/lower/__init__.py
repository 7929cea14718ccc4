"""Program -> loop IR: fuse, memory, kernels, control, the entry. `entry.lower` is the way in."""
