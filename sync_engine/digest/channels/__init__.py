"""Ways out for a digest: each freezes it into bytes and later delivers exactly those bytes."""
