/* What a debugger sees and sets: registers, memory, breakpoints, watched data. */
#include "machine.h"

#include "avr_eeprom.h"
#include "sim_core.h"

#include <stdlib.h>
#include <string.h>

enum { SREG = 32, STACK_POINTER, PROGRAM_COUNTER };

uint32_t sl_avr_register(const sl_avr *machine, unsigned number)
{
    const avr_t *avr = machine->avr;
    uint32_t value = 0;
    switch (number) {
    case SREG:
        for (int bit = 0; bit < 8; bit++)
            value |= (uint32_t)(avr->sreg[bit] & 1) << bit;
        return value;
    case STACK_POINTER:
        return avr->data[R_SPL] | (uint32_t)avr->data[R_SPH] << 8;
    case PROGRAM_COUNTER:
        return avr->pc;
    default:
        return avr->data[number & 31];
    }
}

void sl_avr_set_register(sl_avr *machine, unsigned number, uint32_t value)
{
    avr_t *avr = machine->avr;
    switch (number) {
    case SREG:
        for (uint8_t bit = 0; bit < 8; bit++)
            avr_sreg_set(avr, bit, value >> bit & 1);
        break;
    case STACK_POINTER:
        avr->data[R_SPL] = (uint8_t)value;
        avr->data[R_SPH] = (uint8_t)(value >> 8);
        break;
    case PROGRAM_COUNTER:
        avr->pc = value & 0xFFFFFE;
        if (avr->state == cpu_Sleeping)
            avr->state = cpu_Running;
        break;
    default:
        avr->data[number & 31] = (uint8_t)value;
    }
}

uint32_t sl_avr_ram_size(const sl_avr *machine)
{
    return machine->avr->ramend + 1u;
}

uint32_t sl_avr_eeprom_size(const sl_avr *machine)
{
    return machine->avr->e2end ? machine->avr->e2end + 1 : 0;
}

size_t sl_avr_read_flash(const sl_avr *machine, uint32_t address, uint8_t *bytes, size_t size)
{
    size_t there = machine->avr->flashend + (size_t)1;
    if (address >= there)
        return 0;
    if (size > there - address)
        size = there - address;
    memcpy(bytes, machine->avr->flash + address, size);
    return size;
}

size_t sl_avr_read_eeprom(const sl_avr *machine, uint32_t address, uint8_t *bytes, size_t size)
{
    uint32_t there = sl_avr_eeprom_size(machine);
    if (address >= there)
        return 0;
    if (size > there - address)
        size = there - address;
    avr_eeprom_desc_t place = {.ee = NULL, .offset = (uint16_t)address, .size = (uint32_t)size};
    avr_ioctl(machine->avr, AVR_IOCTL_EEPROM_GET, &place);
    if (!place.ee)
        return 0;
    memcpy(bytes, place.ee, size);
    return size;
}

size_t sl_avr_read_data(sl_avr *machine, uint32_t address, uint8_t *bytes, size_t size)
{
    avr_t *avr = machine->avr;
    size_t done = 0;
    for (; done < size && address + done <= avr->ramend; done++) {
        uint16_t at = (uint16_t)(address + done);
        bool io = at >= 32 && at < 32 + MAX_IOs && avr->io[AVR_DATA_TO_IO(at)].r.c;
        if (at == R_SREG)
            avr->data[at] = (uint8_t)sl_avr_register(machine, SREG);
        else if (io)
            avr->data[at] = avr->io[AVR_DATA_TO_IO(at)].r.c(avr, at, avr->io[AVR_DATA_TO_IO(at)].r.param);
        bytes[done] = avr->data[at];
    }
    return done;
}

size_t sl_avr_write_data(sl_avr *machine, uint32_t address, const uint8_t *bytes, size_t size)
{
    avr_t *avr = machine->avr;
    size_t done = 0;
    for (; done < size && address + done <= avr->ramend; done++) {
        uint16_t at = (uint16_t)(address + done);
        bool io = at >= 32 && at < 32 + MAX_IOs && avr->io[AVR_DATA_TO_IO(at)].w.c;
        if (at == R_SREG)
            sl_avr_set_register(machine, SREG, bytes[done]);
        else if (io)
            avr->io[AVR_DATA_TO_IO(at)].w.c(avr, at, bytes[done], avr->io[AVR_DATA_TO_IO(at)].w.param);
        else
            avr->data[at] = bytes[done];
    }
    return done;
}

void sl_avr_reset(sl_avr *machine)
{
    avr_reset(machine->avr);
    sl_avr_uart_reset(machine);
    sl_avr_pins_reset(machine);
}

bool sl_avr_asleep(const sl_avr *machine)
{
    return machine->avr->state == cpu_Sleeping;
}

static void update(sl_avr_debug *debug)
{
    debug->on = debug->attached || debug->breakpoints.count || debug->watch_count;
}

int sl_avr_set_breakpoints(sl_avr *machine, const uint32_t *addresses, size_t count)
{
    int failed = sl_breakpoints_set(&machine->debug.breakpoints, addresses, count);
    update(&machine->debug);
    return failed;
}

int sl_avr_set_watches(sl_avr *machine, const sl_avr_watch *watches, size_t count)
{
    sl_avr_watch *copy = malloc(count * sizeof *copy + 1);
    if (!copy)
        return -1;
    memcpy(copy, watches, count * sizeof *copy);
    free(machine->debug.watches);
    machine->debug.watches = copy;
    machine->debug.watch_count = count;
    update(&machine->debug);
    return 0;
}

void sl_avr_attach(sl_avr *machine, bool on)
{
    machine->debug.attached = on;
    update(&machine->debug);
}

void sl_avr_debug_free(sl_avr_debug *debug)
{
    free(debug->breakpoints.addresses);
    free(debug->watches);
}

static uint32_t word(const avr_t *avr, uint32_t at)
{
    return avr->flash[at] | (uint32_t)avr->flash[at + 1] << 8;
}

bool sl_avr_breaks(sl_avr *machine)
{
    sl_avr_debug *debug = &machine->debug;
    uint32_t pc = machine->avr->pc;
    bool passing = debug->passing && debug->passed == pc;
    debug->passing = false;
    bool here = sl_is_breakpoint(&debug->breakpoints, pc) || (debug->attached && word(machine->avr, pc) == 0x9598);
    if (!here || passing)
        return false;
    debug->passing = true;
    debug->passed = pc;
    return true;
}

typedef struct {
    uint32_t address, size;
    bool read, write;
} access;

static uint32_t pointer(const avr_t *avr, unsigned low)
{
    return avr->data[low] | (uint32_t)avr->data[low + 1] << 8;
}

/* The data that the next instruction accesses; size 0: none. Encodings: AVR Instruction Set Manual, DS40002198. */
static access next_access(const sl_avr *machine)
{
    const avr_t *avr = machine->avr;
    uint32_t op = word(avr, avr->pc), sp = sl_avr_register(machine, STACK_POINTER);
    bool store = op & 0x0200;
    access data = {.size = 1, .read = !store, .write = store};

    if ((op & 0xD000) == 0x8000) { /* LDD, STD */
        uint32_t offset = (op & 7) | (op >> 7 & 0x18) | (op >> 8 & 0x20);
        data.address = pointer(avr, op & 8 ? R_YL : R_ZL) + offset;
    } else if ((op & 0xFC00) == 0x9000) { /* LD, ST, LDS, STS, PUSH, POP, and LPM, which reads flash */
        switch (op & 15) {
        case 0: data.address = word(avr, avr->pc + 2); break;
        case 1: data.address = pointer(avr, R_ZL); break;
        case 2: data.address = pointer(avr, R_ZL) - 1; break;
        case 9: data.address = pointer(avr, R_YL); break;
        case 10: data.address = pointer(avr, R_YL) - 1; break;
        case 12: case 13: data.address = pointer(avr, R_XL); break;
        case 14: data.address = pointer(avr, R_XL) - 1; break;
        case 15: data.address = store ? sp : sp + 1; break;
        default: data.size = 0;
        }
    } else if ((op & 0xF000) == 0xB000) { /* IN, OUT */
        data.address = 32 + ((op & 15) | (op >> 5 & 0x30));
        data.write = op & 0x0800;
        data.read = !data.write;
    } else if ((op & 0xFC00) == 0x9800) { /* CBI, SBIC, SBI, SBIS */
        data.address = 32 + (op >> 3 & 31);
        data.write = !(op & 0x0100);
        data.read = true;
    } else {
        bool call = (op & 0xFE0E) == 0x940E || (op & 0xF000) == 0xD000 || op == 0x9509 || op == 0x9519;
        bool leave = op == 0x9508 || op == 0x9518; /* RET, RETI */
        data.size = call || leave ? avr->address_size : 0;
        data.address = call ? sp + 1 - data.size : sp + 1;
        data.read = leave;
        data.write = call;
    }
    data.address &= 0xFFFF;
    return data;
}

int sl_avr_watches(const sl_avr *machine)
{
    const sl_avr_debug *debug = &machine->debug;
    if (!debug->watch_count)
        return -1;
    access data = next_access(machine);
    for (size_t i = 0; i < debug->watch_count; i++) {
        const sl_avr_watch *watch = &debug->watches[i];
        if (((watch->read && data.read) || (watch->write && data.write)) &&
            data.address < watch->address + watch->size && watch->address < data.address + data.size)
            return (int)i;
    }
    return -1;
}
