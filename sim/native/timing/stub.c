/* Temporary: one instruction, one cycle. */
#include "scopeless.h"
#include <stdlib.h>
#include <string.h>
struct sl_core { sl_unicorn u; uint64_t c[SL_COUNTER_COUNT], cyc, limc, limi; uint32_t pc, exn; int err, stop; bool req, watch, un; const uint8_t*host; uint32_t base,size; };
sl_core *sl_new(const sl_unicorn *u, int k){ (void)k; sl_core*c=calloc(1,sizeof *c); if(c) c->u=*u; return c; }
void sl_free(sl_core *c){ free(c); }
int sl_map(sl_core *c, uint32_t b, uint32_t s, const uint8_t *h, int bus){ if(bus==SL_BUS_FLASH&&!c->host){c->host=h;c->base=b;c->size=s;} return 0; }
int sl_set(sl_core *c, int s, int64_t v){ (void)c;(void)v; return s<0||s>=SL_SETTING_COUNT?-1:0; }
void sl_reset(sl_core *c){ memset(c->c,0,sizeof c->c); c->cyc=0; }
void sl_request_stop(sl_core *c){ c->req=true; }
void sl_watch_unmask(sl_core *c, bool on){ c->watch=on; }
uint32_t sl_pc(const sl_core *c){ return c->pc; }
uint32_t sl_exception_number(const sl_core *c){ return c->exn; }
int sl_unicorn_error(const sl_core *c){ return c->err; }
uint64_t sl_cycles(const sl_core *c){ return c->cyc; }
const uint64_t *sl_counters(const sl_core *c){ return c->c; }
void sl_sleep(sl_core *c, uint64_t n){ c->cyc+=n; c->c[SL_CYCLES_SLEEP]+=n; }
void sl_exception_entry(sl_core *c, uint32_t v, uint32_t h, uint32_t s, bool t){ (void)v;(void)h;(void)s; int n=t?6:12; c->cyc+=n; c->c[SL_CYCLES_EXCEPTION]+=n; }
void sl_exception_return(sl_core *c, uint32_t t, uint32_t s){ (void)t;(void)s; c->cyc+=12; c->c[SL_CYCLES_EXCEPTION]+=12; }
static void halt(sl_core*c,int why){ c->stop=why; c->u.emu_stop(c->u.uc); }
void sl_on_code(void *uc, uint64_t a, uint32_t size, void *p){ sl_core*c=p; c->pc=(uint32_t)a;
  if(c->un){ c->un=false; if(c->watch){ halt(c,SL_STOP_UNMASK); return; } }
  if(c->req){ c->req=false; halt(c,SL_STOP_REQUEST); return; }
  if(c->cyc>=c->limc){ halt(c,SL_STOP_CYCLE); return; }
  if(c->c[0]>=c->limi){ halt(c,SL_STOP_INSTRUCTION); return; }
  (void)uc; (void)size;
  if((uint32_t)a-c->base<c->size){ uint16_t h; memcpy(&h,c->host+((uint32_t)a-c->base),2); if(h==0xbf30||h==0xbf20){ halt(c,SL_STOP_SLEEP); return; } if((h&0xffe8)==0xb660) c->un=true; }
  c->c[0]++; c->cyc++; c->c[SL_CYCLES_ISSUE]++; }
void sl_on_interrupt(void *uc, uint32_t n, void *p){ sl_core*c=p; (void)uc; c->exn=n; halt(c,SL_STOP_EXCEPTION); }
int sl_run(sl_core *c, uint32_t pc, uint64_t l, uint64_t i){ c->limc=l; c->limi=i; c->stop=-1; c->pc=pc; c->err=c->u.emu_start(c->u.uc,pc|1,0xfffffffe,0,0); return c->err?SL_STOP_ERROR:c->stop; }
static const char*const N[]={"instructions","it_skipped","mix_alu","mix_mul","mix_div","mix_load","mix_store","mix_branch","mix_fpu","mix_other","issue","execute","latency","branch","fetch_core","fetch_flash","data","data_flash","data_bus","exception","sleep"};
const char *sl_counter_name(int i){ return i>=0&&i<SL_COUNTER_COUNT?N[i]:NULL; }
