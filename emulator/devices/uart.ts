/** A 16550A UART as QEMU models it: what is sent is out at once, what arrives waits in the FIFO until it is read. */
import { UART_BASE, UART_SIZE } from '../memoryMap.ts';
import type { Device } from './device.ts';
import type { StateVisitor } from './state.ts';

/** Registers that a write to may let waiting input in. */
const FCR = 2;
const MCR = 4;
const IER_RX = 1;
const IER_THR = 2;
const IER_LINE = 4;
const LCR_DLAB = 0x80;
const MCR_LOOP = 0x10;
const LSR_DATA = 1;
const LSR_OVERRUN = 2;
const LSR_THR_EMPTY = 0x20;
const LSR_IDLE = 0x40;
const IIR_NONE = 1;
const IIR_THR = 2;
const IIR_RX = 4;
const IIR_LINE = 6;
const IIR_TIMEOUT = 0xc;
const IIR_FIFO = 0xc0;
const FCR_ENABLE = 1;
const FCR_CLEAR_RX = 2;
const FIFO_SIZE = 16;
const TRIGGER_LEVELS = [1, 4, 8, 14] as const;
/** Carrier, data set ready, clear to send. */
const MSR_CONNECTED = 0xb0;

export interface UartPort {
  /** A byte leaves the UART. */
  send(byte: number): void;
  /** The next byte that has arrived and the UART has not taken yet. */
  receive(): number | undefined;
  interrupt(level: boolean): void;
}

export class Uart implements Device {
  readonly name = 'serial';
  readonly base = UART_BASE;
  readonly size = UART_SIZE;
  readonly widths = [1, 2, 4, 8];
  readonly #port: UartPort;
  #fifo: Uint8Array = new Uint8Array(0);
  #ier = 0;
  #lcr = 0;
  #mcr = 0x08;
  #fcr = 0;
  #scratch = 0;
  /** As QEMU has it at reset: 9600 baud. */
  #divisor = 12;
  #overrun = 0;
  /** THR ran empty, and nobody has read it from IIR or filled it. */
  #thrInterrupt = 0;
  /** The interrupt controller has taken that interrupt: the wire is down again, while IIR goes on telling. */
  #thrTaken = 0;

  constructor(port: UartPort) {
    this.#port = port;
  }

  /** Move arrived bytes into the FIFO, as many as fit. */
  poll(): void {
    if ((this.#mcr & MCR_LOOP) === 0) {
      while (this.#fifo.length < this.#capacity) {
        const byte = this.#port.receive();
        if (byte === undefined) break;
        this.#fifo = Uint8Array.of(...this.#fifo, byte);
      }
    }
    this.#update();
  }

  /**
   * The interrupt controller has taken the interrupt. Of an empty THR the wire tells once, so that xv6, which does not
   * read IIR, is not interrupted for ever (QEMU's controller, which only looks at changes, does not do so either).
   */
  interruptTaken(): void {
    this.#thrTaken = this.#thrInterrupt;
    this.#update();
  }

  /** Take the oldest received byte out, as a read of RBR does; what SBI's console reads. */
  takeByte(): number | undefined {
    this.poll();
    const byte = this.#fifo[0];
    this.#fifo = this.#fifo.slice(1);
    this.poll();
    return byte;
  }

  read(offset: number): bigint {
    return BigInt(this.#readRegister(offset));
  }

  write(offset: number, _width: number, value: bigint): void {
    this.#writeRegister(offset, Number(BigInt.asUintN(8, value)));
  }

  visit(state: StateVisitor): void {
    this.#fifo = state.bytes(this.#fifo);
    this.#ier = state.u32(this.#ier);
    this.#lcr = state.u32(this.#lcr);
    this.#mcr = state.u32(this.#mcr);
    this.#fcr = state.u32(this.#fcr);
    this.#scratch = state.u32(this.#scratch);
    this.#divisor = state.u32(this.#divisor);
    this.#overrun = state.u32(this.#overrun);
    this.#thrInterrupt = state.u32(this.#thrInterrupt);
    this.#thrTaken = state.u32(this.#thrTaken);
  }

  #readRegister(offset: number): number {
    const dlab = (this.#lcr & LCR_DLAB) !== 0;
    switch (offset) {
      case 0:
        return dlab ? this.#divisor & 0xff : (this.takeByte() ?? 0);
      case 1:
        return dlab ? this.#divisor >> 8 : this.#ier;
      case 2:
        return this.#readInterruptIdentification();
      case 3:
        return this.#lcr;
      case 4:
        return this.#mcr;
      case 5:
        return this.#readLineStatus();
      case 6:
        return this.#modemStatus;
      case 7:
        return this.#scratch;
      default:
        return 0;
    }
  }

  #writeRegister(offset: number, value: number): void {
    const dlab = (this.#lcr & LCR_DLAB) !== 0;
    switch (offset) {
      case 0:
        if (dlab) this.#divisor = (this.#divisor & 0xff00) | value;
        else this.#transmit(value);
        break;
      case 1:
        if (dlab) this.#divisor = (value << 8) | (this.#divisor & 0xff);
        else {
          // Enabling the interrupt while THR is empty raises it (and THR is always empty).
          if ((value & ~this.#ier & IER_THR) !== 0) this.#raiseThr();
          this.#ier = value & 0xf;
        }
        break;
      case FCR:
        this.#writeFifoControl(value);
        break;
      case 3:
        this.#lcr = value;
        break;
      case MCR:
        this.#mcr = value & 0x1f;
        break;
      case 7:
        this.#scratch = value;
        break;
    }
    // These make room in the FIFO, or take it off the loopback.
    if (offset === FCR || offset === MCR) this.poll();
    else this.#update();
  }

  #transmit(byte: number): void {
    this.#raiseThr();
    if ((this.#mcr & MCR_LOOP) === 0) this.#port.send(byte);
    else if (this.#fifo.length < this.#capacity) this.#fifo = Uint8Array.of(...this.#fifo, byte);
    else this.#overrun = LSR_OVERRUN;
  }

  #writeFifoControl(value: number): void {
    // Switching the FIFO on or off empties it.
    if ((value & FCR_CLEAR_RX) !== 0 || ((value ^ this.#fcr) & FCR_ENABLE) !== 0)
      this.#fifo = new Uint8Array(0);
    this.#fcr = value & (0xc0 | FCR_ENABLE);
  }

  #readInterruptIdentification(): number {
    const identification = this.#interrupt;
    if (identification === IIR_THR) {
      this.#thrInterrupt = 0;
      this.#update();
    }
    return identification | ((this.#fcr & FCR_ENABLE) !== 0 ? IIR_FIFO : 0);
  }

  #readLineStatus(): number {
    const status = LSR_THR_EMPTY | LSR_IDLE | this.#overrun | (this.#fifo.length > 0 ? LSR_DATA : 0);
    this.#overrun = 0;
    this.#update();
    return status;
  }

  get #modemStatus(): number {
    if ((this.#mcr & MCR_LOOP) === 0) return MSR_CONNECTED;
    // In loopback the four outputs of MCR appear as the four inputs: RTS→CTS, DTR→DSR, OUT1→RI, OUT2→DCD.
    return ((this.#mcr & 0x0c) << 4) | ((this.#mcr & 0x02) << 3) | ((this.#mcr & 0x01) << 5);
  }

  get #capacity(): number {
    return (this.#fcr & FCR_ENABLE) !== 0 ? FIFO_SIZE : 1;
  }

  /** What IIR says, in the 16550's order of priority. */
  get #interrupt(): number {
    if ((this.#ier & IER_LINE) !== 0 && this.#overrun !== 0) return IIR_LINE;
    if ((this.#ier & IER_RX) !== 0 && this.#fifo.length > 0) {
      const trigger = (this.#fcr & FCR_ENABLE) !== 0 ? TRIGGER_LEVELS[(this.#fcr >> 6) & 3]! : 1;
      // Below the trigger a real chip waits four characters' time; here that time has always passed.
      return this.#fifo.length >= trigger ? IIR_RX : IIR_TIMEOUT;
    }
    if ((this.#ier & IER_THR) !== 0 && this.#thrInterrupt !== 0) return IIR_THR;
    return IIR_NONE;
  }

  #raiseThr(): void {
    this.#thrInterrupt = 1;
    this.#thrTaken = 0;
  }

  #update(): void {
    const interrupt = this.#interrupt;
    this.#port.interrupt(interrupt !== IIR_NONE && (interrupt !== IIR_THR || this.#thrTaken === 0));
  }
}
