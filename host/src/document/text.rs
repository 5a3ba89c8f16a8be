//! Text that others wrote, made harmless: control characters, line breaks, forged markup, secrets. It must not lose
//! what a reader could still use.
