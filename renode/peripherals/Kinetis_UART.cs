// The UART of NXP's Kinetis K20 and K64 without its FIFOs: a byte is sent as soon as it is written. Register map and flags:
// K20P64M72SF1RM and K64P144M120SF5RM, chapter UART.
using Antmicro.Renode.Core;
using Antmicro.Renode.Peripherals.Bus;

namespace Antmicro.Renode.Peripherals.UART
{
    public class Kinetis_UART : UARTBase, IBytePeripheral, IKnownSize
    {
        public Kinetis_UART(IMachine machine) : base(machine)
        {
            IRQ = new GPIO();
            registers = new byte[0x1000];
        }

        public override void Reset()
        {
            System.Array.Clear(registers, 0, registers.Length);
            base.Reset();
            UpdateInterrupt();
        }

        public byte ReadByte(long offset)
        {
            switch(offset)
            {
            case Status1:
                return (byte)(TransmitEmpty | TransmitComplete | (Count > 0 ? ReceiveFull : 0));
            case Data:
                TryGetCharacter(out var character);
                UpdateInterrupt();
                return character;
            default:
                return registers[offset];
            }
        }

        public void WriteByte(long offset, byte value)
        {
            if(offset == Data)
            {
                if((registers[Control2] & TransmitterOn) != 0)
                {
                    TransmitCharacter(value);
                }
                return;
            }
            registers[offset] = value;
            UpdateInterrupt();
        }

        public GPIO IRQ { get; }

        public long Size => 0x1000;

        public override uint BaudRate => 115200;

        public override Bits StopBits => Bits.One;

        public override Parity ParityBit => Parity.None;

        protected override void CharWritten()
        {
            if((registers[Control2] & ReceiverOn) == 0)
            {
                TryGetCharacter(out var _);
            }
            UpdateInterrupt();
        }

        protected override void QueueEmptied()
        {
        }

        // The enable bits of C2 have the places of their flags in S1.
        private void UpdateInterrupt()
        {
            var flags = TransmitEmpty | TransmitComplete | (Count > 0 ? ReceiveFull : 0);
            IRQ.Set((registers[Control2] & flags) != 0);
        }

        private readonly byte[] registers;

        private const long Control2 = 3;
        private const long Status1 = 4;
        private const long Data = 7;
        private const int ReceiverOn = 1 << 2;
        private const int TransmitterOn = 1 << 3;
        private const int ReceiveFull = 1 << 5;
        private const int TransmitComplete = 1 << 6;
        private const int TransmitEmpty = 1 << 7;
    }
}
