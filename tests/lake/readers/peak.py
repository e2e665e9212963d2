"""Peak memory of a program, measured by itself."""

# In kilobytes, of this program alone: `ru_maxrss` also remembers the process that it was forked from.
PEAK = "int(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"
