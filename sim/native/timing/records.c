/* Reads the instructions of Renode's binary execution traces: TraceBinaryWriter.cs of renode-infrastructure writes them,
 * MemoryAccessAdditionalData in TraceFormat.cs is an access (Renode 1.16.1, add012af003a). */
#include "scopeless.h"

#include <string.h>

enum { NO_MORE, MEMORY_ACCESS };                            /* AdditionalDataType */
enum { IO_READ, IO_WRITE, MEMORY_READ, MEMORY_WRITE, FETCH }; /* MemoryOperation */
#define ACCESS_BYTES 25u
#define EXCEPTION_RETURN 0xF0000000u /* and above: no address of code. LLVMDisassembler.cs knows such "instructions". */

static uint64_t little_endian(const uint8_t *data, unsigned bytes)
{
    uint64_t value = 0;
    while (bytes--)
        value = value << 8 | data[bytes];
    return value;
}

/* The registers: the peripheral regions of the system and bits of RAM by their alias (DDI 0403 B3.1; DDI 0337 3.7). */
static bool is_register(uint64_t address)
{
    return address >= 0x40000000u || (address >= 0x22000000u && address < 0x24000000u);
}

/* Bytes of the record at `data`; 0 when it is not all there, or batch->problem is set. */
static size_t read_record(const uint8_t *data, size_t size, bool opcodes, uint64_t number, sl_batch *batch)
{
    sl_record record = {0, 0, 0};
    size_t at = opcodes ? 5 : 4;
    if (size < at)
        return 0;
    record.pc = (uint32_t)little_endian(data, 4);
    bool returns = record.pc >= EXCEPTION_RETURN;
    if (record.pc & 1 && !returns)
        batch->problem = SL_TRACE_ODD_PC;
    if (opcodes) {
        record.size = data[4];
        if (record.size != 2 && record.size != 4 && !batch->problem)
            batch->problem = SL_TRACE_OPCODE_SIZE;
        else if (size - at >= record.size)
            record.raw = (uint32_t)little_endian(data + at, record.size);
        at += record.size;
    }
    size_t accesses = batch->access_count;
    for (;; at += ACCESS_BYTES) {
        if (batch->problem || at >= size)
            return 0;
        uint8_t kind = data[at++];
        if (kind == NO_MORE)
            break;
        if (kind != MEMORY_ACCESS)
            batch->problem = SL_TRACE_EXTRA;
        else if (at < size && data[at] > FETCH)
            batch->problem = SL_TRACE_ACCESS;
        if (batch->problem || size - at < ACCESS_BYTES)
            return 0;
        uint64_t address = little_endian(data + at + 1, 8);
        if (data[at] == FETCH || !is_register(address))
            continue;
        if (accesses == batch->access_capacity)
            return 0;
        bool write = data[at] == IO_WRITE || data[at] == MEMORY_WRITE;
        batch->accesses[accesses++] =
            (sl_access){number, little_endian(data + at + 9, 8), (uint32_t)address, write};
    }
    if (!returns) {
        batch->records[batch->record_count++] = record;
        batch->access_count = accesses;
    }
    return at;
}

size_t sl_read_records(const uint8_t *data, size_t size, bool opcodes, uint64_t first, sl_batch *batch)
{
    size_t used = 0, bytes = 1;
    batch->record_count = batch->access_count = 0;
    batch->problem = SL_TRACE_FINE;
    while (bytes && batch->record_count < batch->record_capacity) {
        bytes = read_record(data + used, size - used, opcodes, first + batch->record_count, batch);
        used += bytes;
    }
    return used;
}
