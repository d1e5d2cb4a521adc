// The GPIO of Ambiq's Apollo3 Blue: outputs only as far as the registers WT, WTS and WTC go, inputs as they are set from
// outside. Register map: Ambiq data sheet DS-A3-0p9p1, chapter GPIO. Pad keys and alternate functions have no effect.
using Antmicro.Renode.Core;
using Antmicro.Renode.Peripherals.Bus;

namespace Antmicro.Renode.Peripherals.GPIOPort
{
    public class Apollo3_GPIO : BaseGPIOPort, IDoubleWordPeripheral, IKnownSize
    {
        public Apollo3_GPIO(IMachine machine) : base(machine, Pads)
        {
            registers = new uint[0x400 / 4];
        }

        public override void Reset()
        {
            base.Reset();
            System.Array.Clear(registers, 0, registers.Length);
        }

        public uint ReadDoubleWord(long offset)
        {
            switch(offset)
            {
            case Input:
            case Input + 4:
                return Word(offset - Input, false);
            case Output:
            case Output + 4:
                return Word(offset - Output, true);
            case Set:
            case Set + 4:
                return Word(offset - Set, true);
            case Clear:
            case Clear + 4:
                return Word(offset - Clear, true);
            default:
                return registers[offset / 4];
            }
        }

        public void WriteDoubleWord(long offset, uint value)
        {
            switch(offset)
            {
            case Output:
            case Output + 4:
                Drive(offset - Output, value, true);
                Drive(offset - Output, ~value, false);
                break;
            case Set:
            case Set + 4:
                Drive(offset - Set, value, true);
                break;
            case Clear:
            case Clear + 4:
                Drive(offset - Clear, value, false);
                break;
            default:
                registers[offset / 4] = value;
                break;
            }
        }

        public long Size => 0x400;

        // Offset 0 is the word of pads 0 to 31, offset 4 that of pads 32 to 49.
        private uint Word(long offset, bool output)
        {
            var first = (int)offset * 8;
            var word = 0u;
            for(var pad = first; pad < Pads && pad < first + 32; pad++)
            {
                if(output ? Connections[pad].IsSet : State[pad])
                {
                    word |= 1u << (pad - first);
                }
            }
            return word;
        }

        private void Drive(long offset, uint mask, bool level)
        {
            var first = (int)offset * 8;
            for(var pad = first; pad < Pads && pad < first + 32; pad++)
            {
                if((mask >> (pad - first) & 1) == 1)
                {
                    Connections[pad].Set(level);
                }
            }
        }

        private readonly uint[] registers;

        private const int Pads = 50;
        private const long Input = 0x80;
        private const long Output = 0x88;
        private const long Set = 0x90;
        private const long Clear = 0x98;
    }
}
