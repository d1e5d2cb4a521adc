/* What the Cortex-M7's issue logic looks at. Classes: jnk0le/random, "pipeline cycle test", doc/cortex_m7.md (JNK), and
 * LLVM's ARMScheduleM7.td; encodings: DDI 0403, chapter A5. */
#include "m7.h"

#include <string.h>

#define BIT(n) (1u << (n))
#define PC 15

/* Cycles from issue until a result can be used, on the scale of m7.h: late ALU, and a cycle earlier or later. */
enum { EARLY_RESULT = 1, LATE_RESULT = 2, SLOW_RESULT = 3 };

static uint32_t bits(uint32_t value, int high, int low)
{
    return (value >> low) & ((2u << (high - low)) - 1);
}

static void shift(sl_m7_insn *m)
{
    m->flags |= SL_M7_SHIFT;
}

static void early(sl_m7_insn *m)
{
    m->flags |= SL_M7_EARLY;
}

/* Bit fields, extensions, saturation, SIMD: JNK "bitfield and DSP instructions". */
static void dsp(sl_m7_insn *m, uint32_t early_registers, uint32_t late_registers, unsigned result)
{
    m->flags |= SL_M7_OLDER | SL_M7_SHIFTER;
    m->early = (uint16_t)early_registers;
    m->late = (uint16_t)late_registers;
    m->result = (uint8_t)result;
    if (early_registers)
        m->flags |= SL_M7_NOT_LOADED;
}

static void alu_16(uint32_t h, sl_m7_insn *m)
{
    unsigned top = h >> 11, opcode = bits(h, 9, 6);
    bool sets = top < 8;
    if (top <= 2) {
        shift(m);
    } else if (top <= 7) {
        if (top != 5)
            early(m);
    } else if (top == 8 && !(h & 0x0400)) {
        sets = true;
        if (opcode == 2 || opcode == 3 || opcode == 4 || opcode == 7)
            shift(m);
        else if (opcode == 5 || opcode == 6)
            m->flags |= SL_M7_READS_FLAGS;
    } else if (top == 8) {
        sets = bits(h, 9, 8) == 1;
        if (!sets)
            early(m);
    } else if (top == 0x14 || top == 0x15 || (h & 0xFF00) == 0xB000) { /* ADR, ADD SP */
        early(m);
    } else if ((h & 0xFF00) == 0xB200) { /* extensions */
        dsp(m, 0, m->late, LATE_RESULT);
    } else if ((h & 0xFF00) == 0xBA00) { /* REV */
        dsp(m, m->late, 0, EARLY_RESULT);
        m->flags |= SL_M7_EARLY_RESULT;
    }
    if (sets)
        m->flags |= SL_M7_SETS_FLAGS;
}

static void shifted_register(uint32_t hw1, uint32_t hw2, sl_m7_insn *m)
{
    unsigned opcode = bits(hw1, 8, 5), rn = bits(hw1, 3, 0), rd = bits(hw2, 11, 8), rm = bits(hw2, 3, 0);
    unsigned amount = bits(hw2, 14, 12) << 2 | bits(hw2, 7, 6), type = bits(hw2, 5, 4);
    bool shifted = amount != 0 || type != 0, rrx = amount == 0 && type == 3;
    if (opcode == 6) { /* PKH */
        dsp(m, BIT(rm), BIT(rn), LATE_RESULT);
        return;
    }
    if (hw1 & 0x10)
        m->flags |= SL_M7_SETS_FLAGS;
    if (opcode == 10 || opcode == 11 || rrx)
        m->flags |= SL_M7_READS_FLAGS;
    if (opcode == 2 && rn == PC && !rrx) { /* MOV, and shifts by a constant */
        if (shifted)
            shift(m);
        else
            early(m);
    } else if (shifted) {
        m->flags |= SL_M7_SHIFTER | SL_M7_NOT_LOADED;
        m->early = (uint16_t)BIT(rm);
        m->late = (uint16_t)(rn == PC ? 0 : BIT(rn));
    } else if ((opcode == 8 || opcode == 13) && rd != PC) {
        early(m);
    }
}

static void immediate(uint32_t hw1, uint32_t hw2, const sl_insn *insn, sl_m7_insn *m)
{
    unsigned rn = bits(hw1, 3, 0), rd = bits(hw2, 11, 8);
    if (hw1 & 0x0200) { /* plain binary immediate, A5.3.3 */
        switch (bits(hw1, 8, 4)) {
        case 0: case 4: case 10: /* ADDW, MOVW, SUBW */
            early(m);
            break;
        case 12: /* MOVT */
            break;
        case 20: case 28: /* SBFX, UBFX */
            dsp(m, BIT(rn), 0, LATE_RESULT);
            break;
        case 22: /* BFI, BFC */
            dsp(m, rn == PC ? 0 : BIT(rn), BIT(rd), LATE_RESULT);
            break;
        default: /* SSAT, USAT */
            dsp(m, BIT(rn), 0, SLOW_RESULT);
            break;
        }
        return;
    }
    unsigned opcode = bits(hw1, 8, 5);
    bool shifted = (hw1 & 0x0400) || (hw2 & 0x4000); /* a constant that needs the shifter: A5.3.2, imm12<11:10> */
    if (hw1 & 0x10)
        m->flags |= SL_M7_SETS_FLAGS;
    if (opcode == 10 || opcode == 11)
        m->flags |= SL_M7_READS_FLAGS;
    if (shifted)
        m->flags |= SL_M7_SHIFTER;
    else if (insn->writes && (opcode == 8 || opcode == 13 || (opcode == 2 && rn == PC)))
        early(m);
}

static void register_32(uint32_t hw1, uint32_t hw2, sl_m7_insn *m)
{
    unsigned rn = bits(hw1, 3, 0), rm = bits(hw2, 3, 0);
    if (!(hw1 & 0x80) && !(hw2 & 0x80)) { /* shifts by a register */
        shift(m);
        if (hw1 & 0x10)
            m->flags |= SL_M7_SETS_FLAGS;
    } else if (!(hw1 & 0x80)) { /* extensions, with addition where Rn is not PC */
        if (rn == PC)
            dsp(m, 0, BIT(rm), LATE_RESULT);
        else
            dsp(m, BIT(rm), BIT(rn), LATE_RESULT);
    } else if ((hw1 & 0xFFF0) == 0xFA90 && (hw2 & 0x80)) { /* REV, RBIT */
        dsp(m, BIT(rm), 0, EARLY_RESULT);
        m->flags |= SL_M7_EARLY_RESULT;
    } else if ((hw1 & 0xFFF0) == 0xFA80 && (hw2 & 0x80)) { /* QADD and its relatives */
        dsp(m, 0, BIT(rm) | BIT(rn), SLOW_RESULT);
    } else { /* CLZ, SEL, SIMD */
        dsp(m, 0, m->late, LATE_RESULT);
    }
}

static void fp_operand(sl_m7_insn *m, int index, unsigned vx, unsigned x, bool is_double)
{
    m->fp_reads_first[index] = (uint8_t)(is_double ? (x << 4 | vx) << 1 : vx << 1 | x);
    m->fp_reads_count[index] = is_double ? 2 : 1;
}

static void fp_result(sl_m7_insn *m, unsigned vx, unsigned x, bool is_double, unsigned latency)
{
    m->fp_first = (uint8_t)(is_double ? (x << 4 | vx) << 1 : vx << 1 | x);
    m->fp_count = is_double ? 2 : 1;
    m->fp_latency = (uint8_t)latency;
}

/* JNK "fpu (single precision)". */
static void floating_point(uint32_t hw1, uint32_t hw2, const sl_insn *insn, sl_m7_insn *m)
{
    unsigned vd = bits(hw2, 15, 12), d = bits(hw1, 6, 6), vn = bits(hw1, 3, 0), n = bits(hw2, 7, 7);
    unsigned vm = bits(hw2, 3, 0), mm = bits(hw2, 5, 5);
    bool is_double = (hw2 & 0x100) != 0, to_core = (hw1 & 0x10) != 0;

    if ((hw1 & 0xFE00) == 0xEC00) {
        if ((hw1 & 0xFFE0) == 0xEC40) { /* two core registers and two S or one D register */
            m->flags |= SL_M7_ALONE;
            if (to_core) {
                fp_operand(m, 0, vm, mm, is_double);
                m->fp_reads_count[0] = 2;
            } else {
                fp_result(m, vm, mm, is_double, 3);
                m->fp_count = 2;
            }
            return;
        }
        bool load = insn->op == SL_OP_LOAD_LIST;
        if ((hw1 & 0x0120) == 0x0100 && !is_double) /* VLDR.32, VSTR.32 may pair, doubles and lists may not */
            m->flags &= (uint16_t)~SL_M7_ALONE;
        else
            m->flags |= SL_M7_FP_BEHIND_MAC;
        if (load) {
            fp_result(m, vd, d, is_double, 1);
            m->fp_count = insn->count;
        } else {
            fp_operand(m, 2, vd, d, is_double);
            m->fp_reads_count[2] = insn->count;
        }
        return;
    }
    if (hw2 & 0x10) { /* one core register */
        if (hw1 & 0xE0) { /* VMRS, VMSR: between the FPU's flags and the core's */
            if (to_core && bits(hw2, 15, 12) == PC)
                m->flags |= SL_M7_SETS_FLAGS;
        } else if (to_core) {
            fp_operand(m, 0, vn, n, false);
        } else {
            fp_result(m, vn, n, false, 3);
        }
        return;
    }
    unsigned opcode = bits(hw1, 7, 4) & ~4u;
    bool mac = opcode <= 1 || opcode == 9 || opcode == 10;
    m->flags |= SL_M7_FP;
    fp_result(m, vd, d, is_double, 3);
    fp_operand(m, 0, vn, n, is_double);
    fp_operand(m, 1, vm, mm, is_double);
    if (mac) {
        m->flags |= SL_M7_FP_MAC;
        fp_operand(m, 2, vd, d, is_double);
        m->fp_latency = opcode <= 1 ? 6 : 5;
    } else if (opcode == 3) { /* VADD, VSUB */
        m->flags |= SL_M7_FP_BEHIND_MAC;
    } else if (opcode == 8) {
        m->fp_latency = 16;
    } else if (opcode == 11) {
        m->fp_reads_count[0] = 0;
        if (bits(hw1, 3, 0) == 1 && bits(hw2, 7, 6) == 3) { /* VSQRT */
            m->fp_latency = 14;
        } else if ((bits(hw1, 3, 0) & ~1u) == 4) { /* VCMP */
            fp_operand(m, 0, vd, d, is_double);
            m->fp_count = 0;
        } else if (!(hw2 & 0x40)) { /* VMOV immediate */
            m->fp_reads_count[1] = 0;
        }
    }
}

void sl_m7_decode(const sl_insn *insn, sl_m7_insn *m)
{
    uint32_t hw1 = insn->raw & 0xFFFF, hw2 = insn->raw >> 16;
    memset(m, 0, sizeof *m);
    m->address = insn->address;
    m->raw = insn->raw;
    m->late = insn->reads;
    m->early = insn->bases;
    m->result = LATE_RESULT;
    switch (insn->op) {
    case SL_OP_ALU:
        if (insn->size == 2)
            alu_16(hw1, m);
        else if ((hw1 & 0xFE00) == 0xEA00)
            shifted_register(hw1, hw2, m);
        else if ((hw1 & 0xF800) == 0xF000)
            immediate(hw1, hw2, insn, m);
        else if ((hw1 & 0xFF00) == 0xFA00)
            register_32(hw1, hw2, m);
        break;
    case SL_OP_MUL:
    case SL_OP_MLA:
    case SL_OP_MULL:
    case SL_OP_MLAL:
        m->flags = SL_M7_MAC | SL_M7_NOT_LOADED;
        m->result = SLOW_RESULT;
        m->late = (uint16_t)(BIT(insn->rn) | BIT(insn->rm));
        m->accumulated = (uint16_t)(insn->reads & ~m->late);
        if (insn->size == 2)
            m->flags |= SL_M7_SETS_FLAGS;
        break;
    case SL_OP_LOAD:
        m->flags = SL_M7_LOAD;
        m->late = 0;
        m->result = insn->width == 4 ? LATE_RESULT : SLOW_RESULT;
        break;
    case SL_OP_STORE:
        m->flags = SL_M7_STORE;
        m->late = 0;
        m->stored = insn->reads;
        if (insn->writes & ~(insn->flags & SL_F_WRITEBACK ? BIT(insn->rn) : 0u)) /* STREX */
            m->flags |= SL_M7_ALONE;
        break;
    case SL_OP_LOAD_LIST:
    case SL_OP_STORE_LIST:
        m->flags = SL_M7_ALONE | (insn->op == SL_OP_LOAD_LIST ? SL_M7_LOAD : SL_M7_STORE);
        m->late = 0;
        m->stored = insn->reads;
        break;
    case SL_OP_BRANCH:
    case SL_OP_BRANCH_REG:
    case SL_OP_CBZ:
        m->flags = SL_M7_BRANCH; /* predicted: operands are looked at when the branch is resolved */
        m->late = 0;
        break;
    case SL_OP_TABLE:
    case SL_OP_DIV:
    case SL_OP_SYSTEM:
    case SL_OP_BARRIER:
    case SL_OP_TRAP:
    case SL_OP_UNKNOWN:
        m->flags = SL_M7_ALONE;
        break;
    default:
        break;
    }
    if ((hw1 & 0xEC00) == 0xEC00 && insn->size == 4)
        floating_point(hw1, hw2, insn, m);
}
