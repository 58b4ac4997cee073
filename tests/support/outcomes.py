"""What every command promises of its errors."""


def check_refused(done, says, code=2):
    """Check that a call ended with a code, printed nothing, and said why in one line."""
    assert (done.code, done.out) == (code, ""), done.err
    assert says in done.err
    assert done.err.startswith("moodreel: ")
    assert done.err.count("\n") == 1
