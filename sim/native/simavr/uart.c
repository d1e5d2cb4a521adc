/* The wire of one UART: bytes out with the cycle at which they end, bytes in at the baud rate. */
#include "machine.h"

#include <stdlib.h>
#include <string.h>

/* Take the frame length from the registers. libsimavr counts a parity bit always and looks only when UBRRnL is written;
 * frame format and baud rate are in ATmega328P data sheet 20.3.1 and 20.11 (UPMn1:0 are bits 5:4 of UCSRnC). */
static void take_settings(sl_avr *machine)
{
    avr_t *avr = machine->avr;
    avr_uart_t *uart = machine->uart;
    static const uint32_t data_bits[8] = {5, 6, 7, 8, 8, 8, 8, 9};
    uint32_t divider = avr_regbit_get(avr, uart->ubrrl) | (uint32_t)avr_regbit_get(avr, uart->ubrrh) << 8;
    uint32_t parity = uart->r_ucsrc && (avr->data[uart->r_ucsrc] & 0x20) ? 1 : 0;
    uint32_t size = avr_regbit_get(avr, uart->ucsz) | (uint32_t)avr_regbit_get(avr, uart->ucsz2) << 2;
    uint32_t stop = avr_regbit_get(avr, uart->usbs) ? 2 : 1;

    machine->cycles_per_bit = (divider + 1) * (avr_regbit_get(avr, uart->u2x) ? 8 : 16);
    uart->cycles_per_byte = (avr_cycle_count_t)machine->cycles_per_bit * (1 + data_bits[size & 7] + parity + stop);
}

static void on_output(avr_irq_t *irq, uint32_t value, void *param)
{
    (void)irq;
    sl_avr *machine = param;
    take_settings(machine);
    void *room = sl_avr_grow(machine, machine->bytes, sizeof *machine->bytes, machine->byte_count, &machine->byte_room);
    if (!room)
        return;
    machine->bytes = room;

    uint64_t start = machine->avr->cycle > machine->wire_free_at ? machine->avr->cycle : machine->wire_free_at;
    machine->wire_free_at = start + machine->uart->cycles_per_byte;
    machine->bytes[machine->byte_count++] = (sl_avr_byte){.cycle = machine->wire_free_at, .value = value & 0xff};
    if (value == '\n' && machine->stop_after_line && machine->wire_free_at < machine->stop_at)
        machine->stop_at = machine->wire_free_at;
}

static avr_cycle_count_t on_start_bit(avr_t *avr, avr_cycle_count_t when, void *param);

/* Hand the next byte to libsimavr, which raises its 'receive complete' one frame later; or come back when the wire is
 * free for it. libsimavr takes a byte only when the one before has been read, a little into the next frame: shorten
 * that frame by as much, so that bytes arrive at the baud rate. When it was read later
 * than that, the next frame starts at that moment. */
static void deliver(sl_avr *machine)
{
    avr_t *avr = machine->avr;
    avr_uart_t *uart = machine->uart;
    if (machine->input_begin == machine->input_end || !machine->receiver_ready || !avr_regbit_get(avr, uart->rxen))
        return;
    if (avr->cycle < machine->next_start) {
        avr_cycle_timer_register(avr, machine->next_start - avr->cycle, on_start_bit, machine);
        return;
    }
    take_settings(machine);
    avr_cycle_count_t frame = uart->cycles_per_byte;
    if (avr->cycle - machine->next_start >= frame)
        machine->next_start = avr->cycle;
    machine->next_start += frame;
    machine->receiver_ready = false;
    uart->cycles_per_byte = machine->next_start - avr->cycle;
    avr_raise_irq(uart->io.irq + UART_IRQ_INPUT, machine->input[machine->input_begin++]);
    uart->cycles_per_byte = frame;
}

static avr_cycle_count_t on_start_bit(avr_t *avr, avr_cycle_count_t when, void *param)
{
    (void)avr, (void)when;
    deliver(param);
    return 0;
}

static void on_xon(avr_irq_t *irq, uint32_t value, void *param)
{
    (void)irq;
    sl_avr *machine = param;
    if (value) {
        machine->receiver_ready = true;
        deliver(machine);
    }
}

static void on_xoff(avr_irq_t *irq, uint32_t value, void *param)
{
    (void)irq;
    if (value)
        ((sl_avr *)param)->receiver_ready = false;
}

void sl_avr_uart_reset(sl_avr *machine)
{
    machine->receiver_ready = false;
}

int sl_avr_watch_uart(sl_avr *machine, char name)
{
    avr_t *avr = machine->avr;
    for (avr_io_t *io = avr->io_port; io; io = io->next) {
        avr_uart_t *uart = (avr_uart_t *)io;
        if (strcmp(io->kind, "uart") != 0 || uart->name != name)
            continue;
        if (machine->uart) {
            avr_irq_t *previous = machine->uart->io.irq;
            avr_irq_unregister_notify(previous + UART_IRQ_OUTPUT, on_output, machine);
            avr_irq_unregister_notify(previous + UART_IRQ_OUT_XON, on_xon, machine);
            avr_irq_unregister_notify(previous + UART_IRQ_OUT_XOFF, on_xoff, machine);
        }
        uint32_t flags = 0; /* neither a console on stdout nor a host sleep while the firmware polls */
        avr_ioctl(avr, (uint32_t)AVR_IOCTL_UART_SET_FLAGS(name), &flags);
        machine->uart = uart;
        avr_irq_register_notify(io->irq + UART_IRQ_OUTPUT, on_output, machine);
        avr_irq_register_notify(io->irq + UART_IRQ_OUT_XON, on_xon, machine);
        avr_irq_register_notify(io->irq + UART_IRQ_OUT_XOFF, on_xoff, machine);
        return 0;
    }
    return -1;
}

int sl_avr_send(sl_avr *machine, const uint8_t *bytes, size_t size)
{
    if (machine->input_begin == machine->input_end) {
        machine->input_begin = machine->input_end = 0;
        if (machine->next_start < machine->avr->cycle)
            machine->next_start = machine->avr->cycle;
    }
    if (machine->input_room - machine->input_end < size) {
        uint8_t *input = realloc(machine->input, machine->input_end + size);
        if (!input)
            return -1;
        machine->input = input;
        machine->input_room = machine->input_end + size;
    }
    memcpy(machine->input + machine->input_end, bytes, size);
    machine->input_end += size;
    if (machine->uart)
        deliver(machine);
    return 0;
}
