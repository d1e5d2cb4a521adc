#include "decode.h"

#include <string.h>

#include "scopeless.h"

#define BIT(n) (1u << (n))
#define SP 13
#define LR 14
#define PC 15

static uint32_t bits(uint32_t value, int high, int low)
{
    return (value >> low) & ((2u << (high - low)) - 1);
}

static uint8_t popcount(uint32_t value)
{
    return (uint8_t)__builtin_popcount(value);
}

static void alu(sl_insn *i, unsigned rd, uint32_t reads)
{
    i->op = SL_OP_ALU;
    i->rd = (uint8_t)rd;
    i->writes = (uint16_t)BIT(rd);
    i->reads = (uint16_t)reads;
}

static void branch(sl_insn *i, int op, unsigned flags)
{
    i->op = (uint8_t)op;
    i->mix = SL_MIX_BRANCH;
    i->flags = (uint16_t)(flags | SL_F_WRITES_PC);
}

static void branch_register(sl_insn *i, unsigned rm, bool link)
{
    branch(i, SL_OP_BRANCH_REG, 0);
    i->rm = (uint8_t)rm;
    i->reads = (uint16_t)BIT(rm);
    if (link)
        i->writes = BIT(LR);
}

static void single(sl_insn *i, bool load, unsigned rt, unsigned rn, int32_t offset, unsigned width)
{
    i->op = load ? SL_OP_LOAD : SL_OP_STORE;
    i->mix = load ? SL_MIX_LOAD : SL_MIX_STORE;
    i->rn = (uint8_t)rn;
    i->rd = (uint8_t)rt;
    i->offset = offset;
    i->width = (uint8_t)width;
    i->count = 1;
    if (rn == PC)
        i->flags |= SL_F_PC_BASE;
    else
        i->bases = (uint16_t)BIT(rn);
    if (load) {
        i->writes = i->late = (uint16_t)BIT(rt);
        if (rt == PC) {
            i->flags |= SL_F_WRITES_PC;
            i->mix = SL_MIX_BRANCH;
        }
    } else {
        i->reads = (uint16_t)BIT(rt);
    }
}

static void indexed(sl_insn *i, unsigned rm, unsigned shift)
{
    i->flags |= SL_F_INDEXED;
    i->rm = (uint8_t)rm;
    i->shift = (uint8_t)shift;
    i->bases |= (uint16_t)BIT(rm);
}

static void list(sl_insn *i, bool load, unsigned rn, uint32_t registers, bool down, bool writeback)
{
    i->op = load ? SL_OP_LOAD_LIST : SL_OP_STORE_LIST;
    i->mix = load ? SL_MIX_LOAD : SL_MIX_STORE;
    i->rn = (uint8_t)rn;
    i->count = popcount(registers);
    i->width = 4;
    i->bases = (uint16_t)BIT(rn);
    if (down) {
        i->flags |= SL_F_DOWN;
        i->offset = -4 * i->count;
    }
    if (load) {
        i->writes = (uint16_t)registers;
        i->late = (uint16_t)(registers ? BIT(31 - __builtin_clz(registers)) : 0);
    } else
        i->reads = (uint16_t)registers;
    if (writeback) {
        i->flags |= SL_F_WRITEBACK;
        i->writes |= (uint16_t)BIT(rn);
    }
    if (load && (registers & BIT(PC))) {
        i->flags |= SL_F_WRITES_PC;
        i->mix = SL_MIX_BRANCH;
    }
}

/* DDI 0403 A5.2: 16-bit encodings. */
static void decode_16(uint32_t h, sl_insn *i)
{
    unsigned rd3 = bits(h, 2, 0), rn3 = bits(h, 5, 3), rm3 = bits(h, 8, 6), rd8 = bits(h, 10, 8);

    switch (h >> 11) {
    case 0x00: case 0x01: case 0x02: /* LSL, LSR, ASR by immediate */
        alu(i, rd3, BIT(rn3));
        break;
    case 0x03: /* ADD, SUB */
        alu(i, rd3, (h & 0x0400) ? BIT(rn3) : BIT(rn3) | BIT(rm3));
        break;
    case 0x04: /* MOV immediate */
        alu(i, rd8, 0);
        break;
    case 0x05: /* CMP immediate */
        alu(i, rd8, BIT(rd8));
        i->writes = 0;
        break;
    case 0x06: case 0x07: /* ADD, SUB immediate */
        alu(i, rd8, BIT(rd8));
        break;
    case 0x08:
        if (!(h & 0x0400)) { /* data processing on registers */
            unsigned opcode = bits(h, 9, 6);
            alu(i, rd3, BIT(rd3) | BIT(rn3));
            if (opcode == 8 || opcode == 10 || opcode == 11) /* TST, CMP, CMN */
                i->writes = 0;
            if (opcode == 13) {
                i->op = SL_OP_MUL;
                i->mix = SL_MIX_MUL;
                i->flags = SL_F_SETS_FLAGS_LATE; /* an IT has to wait for the flags as well: cmemu it_fold test */
                i->rn = (uint8_t)rn3;
                i->rm = (uint8_t)rd3;
            }
        } else {
            unsigned rd = rd3 | bits(h, 7, 7) << 3, rm = bits(h, 6, 3);
            switch (bits(h, 9, 8)) {
            case 0: /* ADD */
                alu(i, rd, BIT(rd) | BIT(rm));
                break;
            case 1: /* CMP */
                alu(i, rd, BIT(rd) | BIT(rm));
                i->writes = 0;
                break;
            case 2: /* MOV */
                alu(i, rd, BIT(rm));
                break;
            default: /* BX, BLX */
                branch_register(i, rm, (h & 0x80) != 0);
                return;
            }
            if ((i->writes & BIT(PC)) != 0) {
                bool add = (h & 0x0300) == 0;
                branch_register(i, rm, false);
                i->cycles = add ? 2 : 1; /* a sum is known a cycle later: cmemu add_pc test */
            }
        }
        break;
    case 0x09: /* LDR literal */
        single(i, true, rd8, PC, (int32_t)bits(h, 7, 0) * 4, 4);
        break;
    case 0x0A: case 0x0B: { /* load and store, register offset */
        static const uint8_t width[8] = {4, 2, 1, 1, 4, 2, 1, 2};
        unsigned opcode = bits(h, 11, 9);
        single(i, opcode >= 3, rd3, rn3, 0, width[opcode]);
        indexed(i, rm3, 0);
        break;
    }
    case 0x0C: case 0x0D:
        single(i, (h & 0x0800) != 0, rd3, rn3, (int32_t)bits(h, 10, 6) * 4, 4);
        break;
    case 0x0E: case 0x0F:
        single(i, (h & 0x0800) != 0, rd3, rn3, (int32_t)bits(h, 10, 6), 1);
        break;
    case 0x10: case 0x11:
        single(i, (h & 0x0800) != 0, rd3, rn3, (int32_t)bits(h, 10, 6) * 2, 2);
        break;
    case 0x12: case 0x13:
        single(i, (h & 0x0800) != 0, rd8, SP, (int32_t)bits(h, 7, 0) * 4, 4);
        break;
    case 0x14: /* ADR */
        alu(i, rd8, 0);
        break;
    case 0x15: /* ADD Rd, SP */
        alu(i, rd8, BIT(SP));
        break;
    case 0x16: case 0x17: /* miscellaneous, A5.2.5 */
        if (bits(h, 11, 8) == 0x0) { /* ADD, SUB SP */
            alu(i, SP, BIT(SP));
        } else if ((h & 0x0500) == 0x0100) { /* CBZ, CBNZ */
            branch(i, SL_OP_CBZ, SL_F_CONDITIONAL);
            i->reads = (uint16_t)BIT(rd3);
        } else if (bits(h, 11, 8) == 0x2) { /* extends */
            alu(i, rd3, BIT(rn3));
        } else if ((h & 0x0E00) == 0x0400) { /* PUSH */
            list(i, false, SP, bits(h, 7, 0) | (h & 0x100 ? BIT(LR) : 0), true, true);
        } else if ((h & 0x0E00) == 0x0C00) { /* POP */
            list(i, true, SP, bits(h, 7, 0) | (h & 0x100 ? BIT(PC) : 0), false, true);
        } else if (bits(h, 11, 5) == 0x33) { /* CPS */
            i->op = SL_OP_SYSTEM;
            i->mix = SL_MIX_OTHER;
            i->flags = SL_F_UNMASKS;
            i->cycles = 1;
        } else if (bits(h, 11, 8) == 0xA) { /* REV */
            alu(i, rd3, BIT(rn3));
        } else if (bits(h, 11, 8) == 0xE) { /* BKPT */
            i->op = SL_OP_TRAP;
            i->mix = SL_MIX_OTHER;
            i->flags = 0;
        } else if (bits(h, 11, 8) == 0xF) {
            if (h & 0xF) {
                i->op = SL_OP_IT;
                i->mix = SL_MIX_OTHER;
                i->count = (uint8_t)(4 - __builtin_ctz(h & 0xF));
                i->flags = 0;
            } else {
                unsigned hint = bits(h, 7, 4);
                i->op = hint == 2 || hint == 3 ? SL_OP_SLEEP : SL_OP_NOP;
                i->mix = SL_MIX_OTHER;
            }
        }
        break;
    case 0x18: case 0x19: { /* STM, LDM */
        bool load = (h & 0x0800) != 0;
        uint32_t registers = bits(h, 7, 0);
        list(i, load, rd8, registers, false, !(load && (registers & BIT(rd8))));
        break;
    }
    case 0x1A: case 0x1B:
        if (bits(h, 11, 8) >= 14) { /* UDF, SVC */
            i->op = SL_OP_TRAP;
            i->mix = SL_MIX_OTHER;
            i->flags = 0;
        } else {
            branch(i, SL_OP_BRANCH, SL_F_CONDITIONAL);
            i->offset = (int32_t)(int8_t)bits(h, 7, 0) * 2;
        }
        break;
    case 0x1C:
        branch(i, SL_OP_BRANCH, 0);
        i->offset = (int32_t)(bits(h, 10, 0) << 21) >> 20;
        break;
    default:
        break;
    }
}

/* DDI 0403 A5.3.15, A5.3.16: multiply and divide. */
static void multiply_32(uint32_t hw1, uint32_t hw2, sl_insn *i)
{
    unsigned rn = bits(hw1, 3, 0), rm = bits(hw2, 3, 0), rd = bits(hw2, 11, 8), ra = bits(hw2, 15, 12);
    alu(i, rd, BIT(rn) | BIT(rm));
    i->rn = (uint8_t)rn;
    i->rm = (uint8_t)rm;
    i->mix = SL_MIX_MUL;
    if ((hw1 & 0xFF80) == 0xFB00) {
        i->op = ra == PC ? SL_OP_MUL : SL_OP_MLA;
        if (ra != PC) {
            i->reads |= (uint16_t)BIT(ra);
            i->rd_high = (hw2 & 0x10) ? 0xff : (uint8_t)ra; /* accumulator, where it can be forwarded: not in MLS */
        }
        return;
    }
    switch (bits(hw1, 6, 4)) {
    case 0: case 2: case 4: case 6: { /* SMULL, UMULL, SMLAL, UMLAL, UMAAL */
        bool accumulates = (hw1 & 0x40) != 0;
        i->op = accumulates ? SL_OP_MLAL : SL_OP_MULL;
        i->rd = (uint8_t)ra;       /* RdLo */
        i->rd_high = (uint8_t)rd;  /* RdHi */
        i->writes = (uint16_t)(BIT(ra) | BIT(rd));
        if (accumulates)
            i->reads |= i->writes;
        if (!(hw1 & 0x20))
            i->flags |= SL_F_SIGNED;
        break;
    }
    case 1: case 3:
        i->op = SL_OP_DIV;
        i->mix = SL_MIX_DIV;
        if (!(hw1 & 0x20))
            i->flags |= SL_F_SIGNED;
        break;
    default:
        break;
    }
}

/* DDI 0403 A5.3.7 to A5.3.10: single loads and stores, 32-bit encodings. */
static void single_32(uint32_t hw1, uint32_t hw2, sl_insn *i)
{
    static const uint8_t width[4] = {1, 2, 4, 4};
    bool load = (hw1 & 0x10) != 0;
    unsigned rn = bits(hw1, 3, 0), rt = bits(hw2, 15, 12), size = bits(hw1, 6, 5);

    if (load && rt == PC && size != 2) { /* PLD, PLI and hints */
        i->op = SL_OP_NOP;
        i->mix = SL_MIX_OTHER;
        return;
    }
    if (rn == PC) {
        int32_t offset = (int32_t)bits(hw2, 11, 0);
        single(i, load, rt, PC, (hw1 & 0x80) ? offset : -offset, width[size]);
    } else if (hw1 & 0x80) {
        single(i, load, rt, rn, (int32_t)bits(hw2, 11, 0), width[size]);
    } else if (hw2 & 0x800) {
        int32_t offset = (int32_t)bits(hw2, 7, 0);
        single(i, load, rt, rn, (hw2 & 0x200) ? offset : -offset, width[size]);
        if (hw2 & 0x100) {
            i->flags |= SL_F_WRITEBACK;
            i->writes |= (uint16_t)BIT(rn);
        }
        if (!(hw2 & 0x400))
            i->flags |= SL_F_POST;
    } else {
        single(i, load, rt, rn, 0, width[size]);
        indexed(i, bits(hw2, 3, 0), bits(hw2, 5, 4));
    }
}

/* DDI 0403 A5.3.6: dual, exclusive, table branch. */
static void dual_32(uint32_t hw1, uint32_t hw2, sl_insn *i)
{
    unsigned rn = bits(hw1, 3, 0), rt = bits(hw2, 15, 12), rt2 = bits(hw2, 11, 8);
    bool load = (hw1 & 0x10) != 0;
    if ((hw1 & 0x0120) != 0) { /* LDRD, STRD */
        int32_t offset = (int32_t)bits(hw2, 7, 0) * 4;
        bool up = (hw1 & 0x80) != 0, pre = (hw1 & 0x100) != 0, writeback = (hw1 & 0x20) != 0;
        list(i, load, rn, BIT(rt) | BIT(rt2), false, writeback);
        i->late = (uint16_t)BIT(rt2);
        i->count = 2;
        i->offset = up ? offset : -offset;
        if (rn == PC) {
            i->flags |= SL_F_PC_BASE;
            i->bases = 0;
        }
        if (!pre)
            i->flags |= SL_F_POST;
    } else if ((hw1 & 0xFFF0) == 0xE8D0 && (hw2 & 0xF0) <= 0x10 && (hw2 & 0xFFE0) == 0xF000) {
        branch(i, SL_OP_TABLE, 0);
        i->rn = (uint8_t)rn;
        i->rm = (uint8_t)bits(hw2, 3, 0);
        i->shift = (hw2 & 0x10) ? 1 : 0;
        i->width = (hw2 & 0x10) ? 2 : 1;
        i->bases = (uint16_t)(BIT(i->rm) | (rn == PC ? 0 : BIT(rn)));
        if (rn == PC)
            i->flags |= SL_F_PC_BASE;
        i->flags |= SL_F_INDEXED;
    } else { /* LDREX, STREX and their byte and halfword forms */
        bool word = (hw1 & 0x00E0) == 0x0040;
        static const uint8_t width[4] = {1, 2, 4, 4};
        single(i, load, rt, rn, word ? (int32_t)bits(hw2, 7, 0) * 4 : 0, word ? 4 : width[bits(hw2, 5, 4)]);
        if (!load)
            i->writes = (uint16_t)(word ? BIT(rt2) : BIT(bits(hw2, 3, 0)));
    }
}

/* DDI 0403 A5.3.4: branches and miscellaneous control. */
static void control_32(uint32_t hw1, uint32_t hw2, sl_insn *i)
{
    if (hw2 & 0x4000) { /* BL */
        branch(i, SL_OP_BRANCH, 0);
        i->writes = BIT(LR);
    } else if (hw2 & 0x1000) {
        uint32_t sign = bits(hw1, 10, 10), i1 = bits(hw2, 13, 13) == sign, i2 = bits(hw2, 11, 11) == sign;
        uint32_t offset = sign << 24 | i1 << 23 | i2 << 22 | bits(hw1, 9, 0) << 12 | bits(hw2, 10, 0) << 1;
        branch(i, SL_OP_BRANCH, 0);
        i->offset = (int32_t)(offset << 7) >> 7;
    } else if (bits(hw1, 9, 7) != 7) {
        uint32_t sign = bits(hw1, 10, 10), j2 = bits(hw2, 11, 11), j1 = bits(hw2, 13, 13);
        uint32_t offset = sign << 20 | j2 << 19 | j1 << 18 | bits(hw1, 5, 0) << 12 | bits(hw2, 10, 0) << 1;
        branch(i, SL_OP_BRANCH, SL_F_CONDITIONAL);
        i->offset = (int32_t)(offset << 11) >> 11;
    } else if ((hw1 & 0xFFE0) == 0xF380) { /* MSR */
        i->op = SL_OP_SYSTEM;
        i->mix = SL_MIX_OTHER;
        i->flags = SL_F_UNMASKS;
        i->reads = (uint16_t)BIT(bits(hw1, 3, 0));
        i->cycles = 1;
    } else if ((hw1 & 0xFFE0) == 0xF3E0) { /* MRS */
        i->op = SL_OP_SYSTEM;
        i->mix = SL_MIX_OTHER;
        i->writes = (uint16_t)BIT(bits(hw2, 11, 8));
        i->cycles = 1;
    } else if ((hw1 & 0xFFF0) == 0xF3B0) { /* CLREX, DSB, DMB, ISB */
        i->op = SL_OP_BARRIER;
        i->mix = SL_MIX_OTHER;
        if ((hw2 & 0xF0) == 0x60) /* ISB refills the pipeline */
            i->flags |= SL_F_WRITES_PC;
    } else if ((hw1 & 0xFFF0) == 0xF3A0) {
        unsigned hint = bits(hw2, 7, 0);
        i->op = hint == 2 || hint == 3 ? SL_OP_SLEEP : SL_OP_NOP;
        i->mix = SL_MIX_OTHER;
    } else {
        i->op = SL_OP_TRAP;
        i->mix = SL_MIX_OTHER;
    }
}

static uint8_t fp_register(uint32_t vx, uint32_t x, bool is_double)
{
    return (uint8_t)(is_double ? 0xff : (vx << 1 | x));
}

/* DDI 0403 A5.3.18 and A6: FPv4-SP. Cycle counts: Cortex-M4 TRM (100166), table of FPU instructions. */
static void floating_point(uint32_t hw1, uint32_t hw2, sl_insn *i)
{
    uint32_t vd = bits(hw2, 15, 12), d = bits(hw1, 6, 6), vn = bits(hw1, 3, 0), n = bits(hw2, 7, 7);
    uint32_t vm = bits(hw2, 3, 0), m = bits(hw2, 5, 5);
    bool is_double = (hw2 & 0x100) != 0;

    i->op = SL_OP_FPU;
    i->mix = SL_MIX_FPU;
    i->cycles = 1;
    if ((hw1 & 0xFE00) == 0xEC00) { /* loads, stores, and moves of two core registers */
        unsigned rn = bits(hw1, 3, 0);
        if ((hw1 & 0xFFE0) == 0xEC40) {
            i->cycles = 2;
            unsigned pair = BIT(bits(hw2, 15, 12)) | BIT(rn);
            if (hw1 & 0x10)
                i->writes = (uint16_t)pair;
            else
                i->reads = (uint16_t)pair;
            return;
        }
        bool load = (hw1 & 0x10) != 0, up = (hw1 & 0x80) != 0;
        if ((hw1 & 0x0120) == 0x0100) { /* VLDR, VSTR */
            int32_t offset = (int32_t)bits(hw2, 7, 0) * 4;
            list(i, load, rn, 0, false, false);
            i->count = is_double ? 2 : 1;
            i->offset = up ? offset : -offset;
            if (rn == PC) {
                i->flags |= SL_F_PC_BASE;
                i->bases = 0;
            }
        } else { /* VLDM, VSTM, VPUSH, VPOP */
            list(i, load, rn, 0, false, (hw1 & 0x20) != 0);
            i->count = (uint8_t)bits(hw2, 7, 0);
            if (!up) {
                i->flags |= SL_F_DOWN;
                i->offset = -4 * i->count;
            }
        }
        i->mix = load ? SL_MIX_LOAD : SL_MIX_STORE;
        if (load)
            i->fp_dest = fp_register(vd, d, is_double);
        return;
    }
    if (hw2 & 0x10) { /* transfers between core and FPU registers */
        bool to_core = (hw1 & 0x10) != 0;
        unsigned rt = bits(hw2, 15, 12);
        if (to_core) {
            if (rt != PC)
                i->writes = (uint16_t)BIT(rt);
            i->fp_source[0] = (hw1 & 0xE0) ? 0xff : fp_register(vn, n, false);
        } else {
            i->reads = (uint16_t)BIT(rt);
            i->fp_dest = (hw1 & 0xE0) ? 0xff : fp_register(vn, n, false);
        }
        return;
    }
    i->fp_dest = fp_register(vd, d, is_double);
    i->fp_source[0] = fp_register(vn, n, is_double);
    i->fp_source[1] = fp_register(vm, m, is_double);
    switch (bits(hw1, 7, 4) & ~4u) {
    case 0: case 1: case 9: case 10: /* VMLA, VMLS, VNMLA, VNMLS, VFNMA, VFMA */
        i->cycles = 3;
        i->fp_source[2] = i->fp_dest;
        break;
    case 8: /* VDIV */
        i->cycles = 14;
        i->flags |= SL_F_LONG_FP;
        break;
    case 11:
        i->fp_source[0] = 0xff;
        if (bits(hw1, 3, 0) == 1 && bits(hw2, 7, 6) == 3) { /* VSQRT */
            i->cycles = 14;
            i->flags |= SL_F_LONG_FP;
        } else if ((bits(hw1, 3, 0) & ~1u) == 4) { /* VCMP: reads Sd and Sm, writes flags */
            i->fp_source[0] = i->fp_dest;
            i->fp_dest = 0xff;
        } else if (!(hw2 & 0x40)) { /* VMOV immediate */
            i->fp_source[1] = 0xff;
        }
        break;
    default:
        break;
    }
}

/* DDI 0403 A5.3: 32-bit encodings. */
static void decode_32(uint32_t hw1, uint32_t hw2, sl_insn *i)
{
    unsigned rn = bits(hw1, 3, 0), rd = bits(hw2, 11, 8), rm = bits(hw2, 3, 0);

    if ((hw1 & 0xEE00) == 0xEC00 || (hw1 & 0xEF00) == 0xEE00) { /* coprocessor space */
        floating_point(hw1, hw2, i);
    } else if ((hw1 & 0xFE40) == 0xE800) { /* LDM, STM */
        bool load = (hw1 & 0x10) != 0;
        list(i, load, rn, hw2 & 0xFFFF, (hw1 & 0x180) == 0x100, (hw1 & 0x20) != 0);
    } else if ((hw1 & 0xFE40) == 0xE840) {
        dual_32(hw1, hw2, i);
    } else if ((hw1 & 0xFE00) == 0xEA00) { /* data processing, shifted register */
        alu(i, rd, BIT(rm) | (rn == PC ? 0 : BIT(rn)));
        if (rd == PC) /* TST, TEQ, CMN, CMP */
            i->writes = 0;
    } else if ((hw1 & 0xF800) == 0xF000) {
        if (hw2 & 0x8000) {
            control_32(hw1, hw2, i);
        } else { /* data processing, immediate */
            bool move_wide = (hw1 & 0x0250) == 0x0240; /* MOVW, MOVT: bits 3..0 are immediate */
            bool plain = (hw1 & 0x0200) != 0;
            alu(i, rd, rn == PC || move_wide ? 0 : BIT(rn));
            if (move_wide && (hw1 & 0x0080))
                i->reads = (uint16_t)BIT(rd); /* MOVT keeps the low half */
            if (rd == PC && !plain)
                i->writes = 0;
        }
    } else if ((hw1 & 0xFE00) == 0xF800) {
        single_32(hw1, hw2, i);
    } else if ((hw1 & 0xFF00) == 0xFA00) { /* data processing, register; on M4 also SIMD */
        alu(i, rd, BIT(rm) | (rn == PC ? 0 : BIT(rn)));
    } else if ((hw1 & 0xFF00) == 0xFB00) {
        multiply_32(hw1, hw2, i);
    } else {
        i->op = SL_OP_UNKNOWN;
    }
}

void sl_decode(uint32_t raw, uint32_t address, sl_insn *insn)
{
    uint32_t hw1 = raw & 0xFFFF, hw2 = raw >> 16;
    memset(insn, 0, sizeof *insn);
    insn->address = address;
    insn->op = SL_OP_UNKNOWN;
    insn->mix = SL_MIX_ALU;
    insn->cycles = 1;
    insn->fp_dest = 0xff;
    memset(insn->fp_source, 0xff, sizeof insn->fp_source);
    if ((hw1 >> 11) >= 0x1D) {
        insn->size = 4;
        insn->raw = raw;
        decode_32(hw1, hw2, insn);
    } else {
        insn->size = 2;
        insn->raw = hw1;
        insn->flags = SL_F_FOLDS_IT;
        decode_16(hw1, insn);
        if (insn->mix == SL_MIX_LOAD || insn->mix == SL_MIX_STORE || insn->mix == SL_MIX_BRANCH)
            insn->flags &= (uint16_t)~SL_F_FOLDS_IT;
    }
}
