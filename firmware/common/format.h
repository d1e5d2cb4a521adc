/* Numbers as text, without printf but where the recorded firmware's printf matters (hal/cortexm/format_newlib.c). */
#ifndef FORMAT_H
#define FORMAT_H

#define FORMAT_SIZE 24 /* sign, 10 digits, point, 8 decimals, end; or a word */

/* Writes x with 8 decimals: -0.12345678. Rounded to nearest, after cutting x off at 2^-60. From 2^31 on the text is
 * "out of range", and for what is no number "nan", "inf" or "-inf". */
void format_decimals(char text[FORMAT_SIZE], double x);

#endif
