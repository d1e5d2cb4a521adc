"""CRC calculation unit. RM0008 section 4."""

from support.bench import Bench, poke

DR, IDR, CR = 0x00, 0x04, 0x08


def test_it_computes_the_crc_of_words():
    crc = Bench("stm32f103")["crc"]
    poke(crc, (DR, 0))
    assert crc.read(DR, 4) == 0xC704_DD7B  # CRC-32/MPEG-2 of four zero bytes
    poke(crc, (CR, 1), (DR, 0x3132_3334), (DR, 0x3536_3738))
    poke(crc, (DR, crc.read(DR, 4)))
    assert crc.read(DR, 4) == 0  # a message followed by its checksum


def test_reset_leaves_the_independent_byte_alone():
    crc = Bench("stm32f103")["crc"]
    poke(crc, (IDR, 0x1A5), (DR, 1), (CR, 1))
    assert (crc.read(DR, 4), crc.read(IDR, 4), crc.read(CR, 4)) == (0xFFFF_FFFF, 0xA5, 0)
