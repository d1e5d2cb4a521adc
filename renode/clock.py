# Sets what runs at the board's clock, the monitor variable $clock_mhz in MHz: one instruction takes one
# period of it (PerformanceInMips), SysTick and DWT count it. Each board's .resc includes this after its
# platform. Runs in Renode's IronPython 2.7, where `monitor` is the monitor.
# ruff: noqa: F821, UP031


def set_clock(mhz):
    hz = mhz * 1000000
    dwt = "dwt: Miscellaneous.DWT @ sysbus 0xE0001000 { frequency: %d }" % hz
    commands = (
        "cpu PerformanceInMips %d" % mhz,
        "nvic Frequency %d" % hz,
        'machine LoadPlatformDescriptionFromString "%s"' % dwt,
    )
    for command in commands:
        if not monitor.Parse(command):
            raise Exception("Renode does not accept: " + command)


set_clock(int(monitor.GetVariable("clock_mhz")))
