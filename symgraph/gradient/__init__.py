"""Derivatives of expressions: reverse (grad, Lop), forward (Rop), matrices (jacobian, hessian), stops, check (verify_grad)."""
