/* Numbers as text, without printf. */
#ifndef FORMAT_H
#define FORMAT_H

#define FORMAT_SIZE 24 /* sign, 10 digits, point, 8 decimals, end; or a word */

/* Writes x with 8 decimals, rounded to nearest, ties away from zero: -0.12345678. Exact for every magnitude below
 * 2^31; beyond that and for other values the text is "nan", "inf", "-inf" or "out of range". */
void format_decimals(char text[FORMAT_SIZE], double x);

#endif
