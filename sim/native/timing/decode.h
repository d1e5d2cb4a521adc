/* Thumb-2 decoding, as far as timing needs it: what kind of instruction, which registers it reads and writes, how many
 * words it moves, where a load or store goes. Encodings: Armv7-M Architecture Reference Manual (DDI 0403), chapter A5. */
#ifndef SCOPELESS_DECODE_H
#define SCOPELESS_DECODE_H

#include <stdbool.h>
#include <stdint.h>

enum sl_op {
    SL_OP_ALU,
    SL_OP_NOP,
    SL_OP_MUL,        /* 32-bit result */
    SL_OP_MLA,        /* with accumulation */
    SL_OP_MULL,       /* 64-bit result */
    SL_OP_MLAL,       /* 64-bit result with accumulation */
    SL_OP_DIV,
    SL_OP_LOAD,       /* one word, halfword or byte */
    SL_OP_STORE,
    SL_OP_LOAD_LIST,  /* LDM, POP, LDRD, VLDM, VLDR.64 */
    SL_OP_STORE_LIST, /* STM, PUSH, STRD, VSTM, VSTR.64 */
    SL_OP_TABLE,      /* TBB, TBH */
    SL_OP_BRANCH,     /* branch whose target is known in decode: B, BL, B<c>, and BX LR where LR is old enough */
    SL_OP_BRANCH_REG, /* branch to a register: known in execute */
    SL_OP_CBZ,
    SL_OP_IT,
    SL_OP_SYSTEM,     /* MRS, MSR, CPS */
    SL_OP_BARRIER,
    SL_OP_SLEEP,      /* WFI, WFE */
    SL_OP_TRAP,       /* SVC, BKPT, UDF */
    SL_OP_FPU,        /* single-precision arithmetic and moves */
    SL_OP_UNKNOWN
};

enum sl_flag {
    SL_F_CONDITIONAL = 1 << 0, /* B<c>, CBZ: may fall through */
    SL_F_WRITEBACK = 1 << 1,   /* base register is updated */
    SL_F_INDEXED = 1 << 2,     /* address is Rn + (Rm << shift) */
    SL_F_POST = 1 << 3,        /* address is Rn, offset applies afterwards */
    SL_F_PC_BASE = 1 << 4,     /* literal */
    SL_F_DOWN = 1 << 5,        /* list below the base: PUSH, STMDB */
    SL_F_WRITES_PC = 1 << 6,
    SL_F_FOLDS_IT = 1 << 7,    /* an IT directly behind may be folded (Cortex-M3 TRM DDI 0337, IT folding) */
    SL_F_UNMASKS = 1 << 8,     /* CPS, MSR: may unmask exceptions */
    SL_F_SIGNED = 1 << 9,      /* SDIV, SMULL, SMLAL */
    SL_F_SETS_FLAGS_LATE = 1 << 10, /* MULS */
    SL_F_LONG_FP = 1 << 11     /* VDIV, VSQRT */
};

typedef struct {
    uint32_t raw;
    uint32_t address;   /* tag of the decode cache */
    uint16_t reads;     /* registers an ALU or store-data operand comes from */
    uint16_t bases;     /* registers that address generation reads */
    uint16_t writes;
    uint16_t late;      /* register that a load or list writes last */
    uint16_t flags;
    int32_t offset;
    uint8_t size;       /* bytes: 2 or 4 */
    uint8_t op;         /* enum sl_op */
    uint8_t mix;        /* enum sl_counter, SL_MIX_... */
    uint8_t count;      /* words moved by a list; instructions covered by an IT */
    uint8_t width;      /* bytes of a single access */
    uint8_t rn, rm, rd, rd_high;
    uint8_t shift;
    uint8_t cycles;     /* execute cycles where they are fixed */
    uint8_t fp_dest;    /* FP single register written, 0xff none */
    uint8_t fp_source[3];
} sl_insn;

/* Decodes the instruction whose first halfword is the low half of raw. `raw` holds four bytes, little endian; the second
 * halfword is ignored for a 16-bit instruction. */
void sl_decode(uint32_t raw, uint32_t address, sl_insn *insn);

#endif
