/* Pins: edges of those that the firmware drives, levels that the outside puts on the others. */
#include "machine.h"

#include <string.h>

static avr_ioport_t *find_port(const sl_avr *machine, unsigned pin)
{
    if (pin >= SL_AVR_PINS)
        return NULL;
    for (avr_io_t *io = machine->avr->io_port; io; io = io->next)
        if (strcmp(io->kind, "port") == 0 && ((avr_ioport_t *)io)->name == (char)('A' + pin / 8))
            return (avr_ioport_t *)io;
    return NULL;
}

bool sl_avr_has_pin(const sl_avr *machine, unsigned pin)
{
    return find_port(machine, pin) != NULL;
}

static bool is_output(sl_avr *machine, unsigned pin)
{
    return machine->avr->data[find_port(machine, pin)->r_ddr] >> pin % 8 & 1;
}

static void record(sl_avr *machine, sl_avr_pin *pin, uint8_t level)
{
    if (!pin->watched || level == pin->level || machine->edge_count == SL_AVR_MAX_EDGES)
        return;
    void *room = sl_avr_grow(machine, machine->edges, sizeof *machine->edges, machine->edge_count, &machine->edge_room);
    if (!room)
        return;
    machine->edges = room;
    pin->level = level;
    sl_avr_edge *edge = &machine->edges[machine->edge_count++];
    edge->level = level;
    edge->pin = (uint32_t)(pin - machine->pins);
}

static void on_pin(avr_irq_t *irq, uint32_t value, void *param)
{
    (void)irq;
    sl_avr_pin *pin = param;
    if (is_output(pin->machine, (unsigned)(pin - pin->machine->pins)))
        record(pin->machine, pin, (value & 0xff) != 0);
}

/* A pin becomes an output. libsimavr tells its level only where that is another than the input had. */
static void on_direction(avr_irq_t *irq, uint32_t value, void *param)
{
    (void)irq;
    sl_avr_pin *pin = param;
    unsigned number = (unsigned)(pin - pin->machine->pins);
    if (value >> number % 8 & 1)
        record(pin->machine, pin, pin->machine->avr->data[find_port(pin->machine, number)->r_port] >> number % 8 & 1);
}

int sl_avr_watch_pin(sl_avr *machine, unsigned number, bool on)
{
    avr_ioport_t *port = find_port(machine, number);
    if (!port)
        return -1;
    sl_avr_pin *pin = &machine->pins[number];
    if (!pin->irq) {
        pin->machine = machine;
        pin->irq = port->io.irq + number % 8;
        avr_irq_register_notify(pin->irq, on_pin, pin);
        avr_irq_register_notify(port->io.irq + IOPORT_IRQ_DIRECTION_ALL, on_direction, pin);
    }
    if (on && !pin->watched) /* it begins with its level of now */
        pin->level = is_output(machine, number) && (machine->avr->data[port->r_port] >> number % 8 & 1);
    pin->watched = on;
    return 0;
}

/* The part was reset: its pins are inputs. */
void sl_avr_pins_reset(sl_avr *machine)
{
    for (unsigned number = 0; number < SL_AVR_PINS; number++)
        record(machine, &machine->pins[number], 0);
}

void sl_avr_stamp_edges(sl_avr *machine)
{
    for (; machine->stamped < machine->edge_count; machine->stamped++) {
        sl_avr_edge *edge = &machine->edges[machine->stamped];
        edge->cycle = machine->avr->cycle;
        memcpy(edge->counters, machine->counters, sizeof edge->counters);
    }
}

/* libsimavr raises an input's level again with every write to its port: `external` is what it raises then. */
static void put(sl_avr *machine, const sl_avr_change *change)
{
    avr_ioport_t *port = find_port(machine, change->pin);
    uint8_t mask = (uint8_t)(1u << change->pin % 8);
    port->external.pull_mask |= mask;
    port->external.pull_value = (uint8_t)((port->external.pull_value & ~mask) | (change->level ? mask : 0));
    if (!is_output(machine, change->pin))
        avr_raise_irq(port->io.irq + change->pin % 8, change->level);
}

static avr_cycle_count_t on_change(avr_t *avr, avr_cycle_count_t when, void *param)
{
    (void)when;
    sl_avr *machine = param;
    while (machine->change_begin < machine->change_count) {
        const sl_avr_change *next = &machine->changes[machine->change_begin];
        if (next->cycle > avr->cycle)
            return next->cycle;
        machine->change_begin++;
        put(machine, next);
    }
    machine->change_begin = machine->change_count = 0;
    return 0;
}

int sl_avr_drive(sl_avr *machine, unsigned pin, unsigned level, uint64_t cycle)
{
    if (!find_port(machine, pin))
        return -1;
    avr_t *avr = machine->avr;
    sl_avr_change change = {.cycle = cycle, .pin = (uint8_t)pin, .level = level != 0};
    if (cycle <= avr->cycle) {
        put(machine, &change);
        return 0;
    }
    size_t count = machine->change_count;
    void *room = sl_avr_grow(machine, machine->changes, sizeof change, count, &machine->change_room);
    if (!room)
        return -1;
    machine->changes = room;
    size_t at = count;
    for (; at > machine->change_begin && machine->changes[at - 1].cycle > cycle; at--)
        machine->changes[at] = machine->changes[at - 1];
    machine->changes[at] = change;
    machine->change_count++;
    if (at == machine->change_begin) { /* the next one */
        avr_cycle_timer_cancel(avr, on_change, machine);
        avr_cycle_timer_register(avr, cycle - avr->cycle, on_change, machine);
    }
    return 0;
}
