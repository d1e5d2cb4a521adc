#include "format.h"

#include <stdint.h>
#include <string.h>

/* The binary format is taken apart by hand: it works under -ffast-math too, which lets the compiler assume that
 * there are no NaNs, and for AVR's 32-bit doubles. */
#if __SIZEOF_DOUBLE__ == 4
typedef uint32_t bits_t;
#define MANTISSA_BITS 23
#define EXPONENT_BITS 8
#else
typedef uint64_t bits_t;
#define MANTISSA_BITS 52
#define EXPONENT_BITS 11
#endif
#define EXPONENT_MAX ((1 << EXPONENT_BITS) - 1)
#define EXPONENT_BIAS (EXPONENT_MAX / 2)

#define DECIMALS 8
#define FRACTION_BITS 60 /* a digit more fits into 64 bits */
#define FRACTION_ONE ((uint64_t)1 << FRACTION_BITS)

/* mantissa * 2^shift modulo 2^64; bits shifted out to the right are lost. */
static uint64_t scale(uint64_t mantissa, int shift)
{
    if (shift <= -64 || shift >= 64)
        return 0;
    return shift < 0 ? mantissa >> -shift : mantissa << shift;
}

static char *put_integer(char *text, uint32_t n)
{
    char digits[10];
    int count = 0;
    do {
        digits[count++] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    while (count)
        *text++ = digits[--count];
    return text;
}

void format_decimals(char text[FORMAT_SIZE], double x)
{
    bits_t bits;
    memcpy(&bits, &x, sizeof bits);
    int exponent = (int)(bits >> MANTISSA_BITS) & EXPONENT_MAX;
    uint64_t mantissa = bits & (((bits_t)1 << MANTISSA_BITS) - 1);
    int negative = (int)(bits >> (MANTISSA_BITS + EXPONENT_BITS));

    if (exponent == EXPONENT_MAX) {
        strcpy(text, mantissa ? "nan" : negative ? "-inf" : "inf");
        return;
    }
    if (exponent >= EXPONENT_BIAS + 31) {
        strcpy(text, "out of range");
        return;
    }
    if (exponent)
        mantissa |= (uint64_t)1 << MANTISSA_BITS;
    else
        exponent = 1; /* subnormal */

    int power = exponent - EXPONENT_BIAS - MANTISSA_BITS; /* x = mantissa * 2^power */
    uint32_t integer = (uint32_t)scale(mantissa, power);
    uint64_t fraction = scale(mantissa, power + FRACTION_BITS) & (FRACTION_ONE - 1);

    uint32_t decimals = 0;
    for (int i = 0; i < DECIMALS; i++) {
        fraction *= 10;
        decimals = decimals * 10 + (uint32_t)(fraction >> FRACTION_BITS);
        fraction &= FRACTION_ONE - 1;
    }
    if (fraction >= FRACTION_ONE / 2 && ++decimals == 100000000) {
        decimals = 0;
        integer++;
    }
    if (negative)
        *text++ = '-';
    text = put_integer(text, integer);
    *text++ = '.';
    for (uint32_t unit = 10000000; unit; unit /= 10)
        *text++ = (char)('0' + decimals / unit % 10);
    *text = '\0';
}
