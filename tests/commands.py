"""Call commands in the tests and read their errors."""

from typer.testing import CliRunner

from labkit.cli import app


def labkit_command(*words):
    """Run a command in this process."""
    return CliRunner().invoke(app, [str(word) for word in words])


def error_of(result, code=1):
    """Return the one line on stderr of a command that failed."""
    assert result.exit_code == code, result.output
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, result.stderr
    assert "Traceback" not in result.output
    return lines[0]
