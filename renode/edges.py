# Records a board's benchmark pin and serial port into two CSV files. Each board's .resc includes this.
#   $edges        file of edges: virtual time in ns, executed instructions, level (0 or 1)
#   $uart_bytes   file of sent bytes: virtual time in ns, executed instructions, byte (0 to 255)
# Either is "none" for no recording. $port and $pin name the pin, $uart the serial port.
#
# Exact to the instruction only with write watchpoints on the port's output registers, which each .resc sets:
# without them Renode gives the time and the count of the beginning of the current block of instructions.
# Runs in Renode's IronPython 2.7, where `monitor` is the monitor.
# ruff: noqa: F821, UP031


def open_record(variable):
    path = monitor.GetVariable(variable)
    return None if path is None or path == "none" else open(path, "w")


def record_into(out):
    machine = monitor.Machine
    cpu = machine["sysbus.cpu"]

    def record(value):
        if cpu.OnPossessedThread:  # time can be brought up to date on the processor's own thread only
            cpu.SyncTime()
        ns = machine.ElapsedVirtualTime.TimeElapsed.TotalNanoseconds
        out.write("%d,%d,%d\n" % (ns, cpu.ExecutedInstructions, int(value)))
        out.flush()

    return record


def start_recording():
    edges, uart_bytes = open_record("edges"), open_record("uart_bytes")
    if edges is not None:
        port = monitor.Machine[monitor.GetVariable("port")]
        port.Connections[int(monitor.GetVariable("pin"))].AddStateChangedHook(record_into(edges))
    if uart_bytes is not None:
        uart = monitor.Machine[monitor.GetVariable("uart")]
        uart.CharReceived += record_into(uart_bytes)


start_recording()
