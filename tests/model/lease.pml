/* The lease protocol of docs/explanation/safety.md.  One rule = one guard.  Relative timers: no absolute clock, so runs are unbounded in length.
 * Lease messages: arbitrary delay up to their own expiry, loss (nobody is forced to deliver), duplication.
 * Control messages (withdraw, promote, stop, solo, register and their answers): once sent they stay in the net for ever: any delay, reorder, duplication, loss.
 * -DM_xxx plants a bug, -DV_xxx reads a rule as one easily would where the default is the rule, -DFIX_xxx takes the repair where a bug is planted by another flag.
 * -DTRACE: each transition says the state after it, for tests/model/replay.py, which plays the same in the program.
 * -DRESUME: 'burned' and 'taken' are two numbers, and after a burned order the reign before it is answered again. */
#ifndef T
#define T 2
#endif
#ifndef MARGIN
#define MARGIN 0
#endif
#define WAIT (T+MARGIN)
#ifndef W
#define W (WAIT+1)              /* term of a withdrawal */
#endif
#ifndef NC
#define NC 1
#endif
#ifndef EM
#define EM 3                    /* highest epoch */
#endif
#ifndef SREB
#define SREB 2                  /* server reboots, both together */
#endif
#ifndef CREB
#define CREB 2
#endif
#ifdef LIVE
#define TICK timeout            /* maximal progress: time passes only when nobody has anything left to do */
#else
#define TICK true
#endif
#define P(s) (1-(s))
#define GS(s,g) ((s)*3+(g))
#define Q(c,t,e) (((c)-1)*8+(t)*4+(e))
#define Q2(t,e) ((t)*4+(e))
#define MAX(a,b) ((a)>(b) -> (a) : (b))

/* servers */
bit alive[2], guard[2], res[2];
byte role[2];                   /* 0 standby 1 ordered, no lease yet 2 ACTIVE */
byte lastg[2], cl[3];           /* reign last answered, by servers and controllers */
byte reign[2], known[2], lease[2], ans[2], wd[2], wdt[2], reg[2], solo[2], sseq[2];
byte fl[6], fe[6];              /* newest grant in flight, by holder and grantor (0 peer, 1 C1, 2 C2): what is left of m+T, its epoch */
byte sreb = SREB, creb = CREB;
/* controllers 1..2 */
bit cup[3], rb[3], perm[2];     /* perm: dead for good */
byte cans[3], ch[3], ce[3], att[3], tgt[3], csolo[3];
/* messages that stay for ever */
bit wdq[16], wda[16], prC[16], prA[16], stq[16], cfm[8], rgq[6], rga[6];
byte slc[5];   /* controller that gave / ends */
byte sn, slq[5], enq[5], ena[5];  /* solo give / end / ack, by number */
#ifdef V_ETCD
bit etcd;
#endif
#ifdef TWOSTEP
byte pg;
#endif
#ifdef V_SLOWDEM
bit late[2];
#endif
#ifdef V_HELPERQ
byte stepq[2];
#endif
#ifdef V_OLDCLOCK
byte old[2];
#endif
#ifdef DRIFT
byte slipc[2];
#endif
#ifdef M_UNDO
byte nh[3], ne[3]; bit pra[8];
#endif
#ifdef RESUME
byte burnt[2], pc[3], pe[3], top[3], rel[16]; bit brn[8];
#define TOP(c) top[c]
#define REL(c,s,e) rel[Q(c,s,e)]
#define UNBURNT(s,e) (e>burnt[s])
#define NEXTATT(c) (top[c]+1)
#else
#define TOP(c) ce[c]
#define REL(c,s,e) (e-1)
#define UNBURNT(s,e) true
#define NEXTATT(c) (ce[c]+1)
#endif
#ifdef LIVE
byte live_t; bit watching, away;
#endif
#ifndef GMAX
#define GMAX 1
#endif
byte gcr = GMAX;                /* guard crashes */

#ifdef PROBE_B2
#define GOT(s) assert(!(s==1 && reign[1]==2))
#else
#ifdef PROBE_A3
#define GOT(s) assert(!(s==0 && reign[0]==3))
#else
#ifdef PROBE_RESUMED
#define GOT(s) assert(!(reign[s]==3 && brn[Q2(0,2)]+brn[Q2(1,2)]>0))
#else
#ifdef PROBE_C2
#define GOT(s) assert(!(rb[2] && reign[s]>1))
#else
#define GOT(s) assert(!res[1-(s)])
#endif
#endif
#endif
#endif

inline take(s) { role[s] = 2; res[s] = 1; GOT(s);
#ifdef V_HELPERQ
 stepq[s] = reign[s];
#endif
#ifdef M_UNDO
 pra[Q2(s,reign[s])] = 1;
#endif
}
inline down(s) { role[s] = 0; res[s] = 0; lease[s] = 0; }
inline off(s)  {
#ifdef V_OLDCLOCK
 if :: fl[GS(s,0)]>0 || fl[GS(s,1)]>0 -> old[s]=1 :: else -> skip fi;
#endif
 alive[s] = 0; guard[s] = 0; down(s); wd[s] = 0; wdt[s] = 0; ans[s] = 0; }

#define MAYGRANT(c,s) (rb[c])
#ifdef V_HALF
#undef MAYGRANT
#define MAYGRANT(c,s) (rb[c] || rga[c*2+s-0])
#endif

#ifdef NORENEW
#define ONESHOT(c,e) wdq[Q(c,s,e)]=0
#else
#define ONESHOT(c,e) skip
#endif
#ifdef V_TWOGUARDS
#define REC(s) skip
#else
#define REC(s) ans[s]=WAIT
#endif
#ifdef M_RESUME
#define MAYTAKE(s,g) (role[s]>0 || (reign[s]>0 && fe[GS(s,g)]==reign[s]))
#else
#define MAYTAKE(s,g) (role[s]>0)
#endif
#ifdef M_NOWD
#define NOTWD(s) true
#else
#define NOTWD(s) (wd[s]==0 || reign[P(s)]>wd[s])
#endif
#ifdef LIVE
#define NOTAWAY !away
#else
#define NOTAWAY true
#endif
#ifdef FIX_GATE
#define GATE(s) (role[s]==2)
#else
#define GATE(s) true
#endif
#ifdef LIVE
#define SOLONEED(c) (alive[ch[c]] && away && !watching)
#else
#define SOLONEED(c) true
#endif
/* what is allowed, by name: the transitions use it, and a trace says it */
#ifdef M_NOEPOCHGRANT
#define EPOK(s,g) true
#else
#define EPOK(s,g) (fe[GS(s,g)]==reign[s])
#endif
#ifdef V_NOREGCHECK
#define REGOK(s,g) true
#else
#define REGOK(s,g) (g==0 || reg[s]==g)
#endif
#ifdef M_LATE
#define LEFT(s,g) T
#else
#define LEFT(s,g) fl[GS(s,g)]
#endif
#ifdef M_NOLOCAL
#define LOCALC(s,c,e) true
#else
#ifdef M_NOWAIT_B
#define LOCALC(s,c,e) (wd[s]==REL(c,s,e) && wdt[s]>0)
#else
#define LOCALC(s,c,e) (wd[s]==REL(c,s,e) && wdt[s]>0 && ans[s]==0)
#endif
#endif
#ifdef M_NOBURN
#define FRESH(s,e) (e>=known[s])
#else
#define FRESH(s,e) (e>known[s])
#endif
#ifdef V_LAUNDER
#define LOCALA(s,c,e) true
#define CWA(c) true
#else
#define LOCALA(s,c,e) (ans[s]==0 || lastg[s]==REL(c,s,e))
#define CWA(c) (cans[c]==0 || cl[c]==ce[c])
#endif
#ifdef M_NOWAIT
#define CW(c) true
#else
#define CW(c) (cans[c]==0)
#endif
#ifdef M_SOLOIGN
#define SOLOOK(c) true
#else
#define SOLOOK(c) (csolo[c]==0)
#endif
#ifdef NOSOLO
#define INSOLO(s) false
#else
#ifdef V_SOLONOEPOCH
#define INSOLO(s) (solo[s]==9)
#else
#define INSOLO(s) (solo[s]!=0 && solo[s]==reign[s])
#endif
#endif
#define PEERMAY(s) (alive[s] && guard[s] && role[s]==0 && alive[P(s)] && guard[P(s)] && role[P(s)]>0 && reign[P(s)]>=known[s] && NOTWD(s))
#define COUNTS(s,g) (alive[s] && guard[s] && MAYTAKE(s,g) && fl[GS(s,g)]>0 && EPOK(s,g) && REGOK(s,g) && lease[s]<LEFT(s,g))
#define TAKESC(s,c,e) (alive[s] && guard[s] && role[s]==0 && e>known[s] && UNBURNT(s,e) && reg[s]==c && LOCALC(s,c,e))
#define TAKESA(s,c,e) (alive[s] && guard[s] && role[s]==0 && FRESH(s,e) && UNBURNT(s,e) && reg[s]==c && LOCALA(s,c,e))
#define ANSWERS(c,s) (cup[c] && ch[c]==s && ce[c]>0 && (att[c]==0 || tgt[c]==s) && MAYGRANT(c,s) && alive[s] && guard[s] && role[s]>0 && reign[s]==ce[c])
#define MAYORDER(c) (cup[c] && rb[c] && att[c]>0 && tgt[c]!=ch[c] && wda[Q(c,tgt[c],ce[c])] && CW(c) && SOLOOK(c))
#ifdef TRACE
#define BIT(x) ((x) -> 1 : 0)
#define STATES(s) printf("=S%d alive %d role %d reign %d known %d burnt %d lease %d ans %d wd %d reg %d solo %d peermay %d counts0 %d counts1 %d c2 %d c3 %d a2 %d a3 %d\n", s, alive[s], role[s], reign[s], known[s], burnt[s], lease[s], ans[s], wd[s], reg[s], BIT(INSOLO(s)), BIT(PEERMAY(s)), BIT(COUNTS(s,0)), BIT(COUNTS(s,1)), BIT(TAKESC(s,1,2)), BIT(TAKESC(s,1,3)), BIT(TAKESA(s,1,2)), BIT(TAKESA(s,1,3)))
#define STATEC(c) printf("=C%d up %d ch %d ce %d cl %d att %d cans %d csolo %d answers0 %d answers1 %d order %d\n", c, cup[c], ch[c], ce[c], cl[c], att[c], cans[c], csolo[c], BIT(ANSWERS(c,0)), BIT(ANSWERS(c,1)), BIT(MAYORDER(c)))
#define SAY(args...) printf(args); STATES(0); STATES(1); STATEC(1)
#else
#define SAY printf
#endif
proctype Srv(byte s) {
end: do
 /* peer grants: never while ACTIVE or ordered, never to a withdrawn or older reign */
 :: d_step { PEERMAY(s) && (fl[GS(P(s),0)]<T || fe[GS(P(s),0)]!=reign[P(s)]) && NOTAWAY -> known[s]=reign[P(s)]; fl[GS(P(s),0)]=T; fe[GS(P(s),0)]=reign[P(s)]; REC(s); lastg[s]=reign[P(s)]; SAY("S%d guard answers its peer (e%d)\n", s, reign[P(s)]) }
 /* a grant arrives */
#define ARRIVE(g) \
 :: d_step { COUNTS(s,g) && LIVEOK(g) -> lease[s]=LEFT(s,g); \
      if :: role[s]<2 -> take(s); SAY("S%d ACTIVE e%d, lease %d, by grant of %d\n", s, reign[s], lease[s], g) :: else -> SAY("S%d lease %d by grant of %d\n", s, lease[s], g) fi }
#ifdef LIVE
#define LIVEOK(g) (!(away && g==0))
#else
#define LIVEOK(g) true
#endif
 ARRIVE(0)
 ARRIVE(1)
#if NC>1
 ARRIVE(2)
#endif
 /* withdrawal of reign e for controller c */
#define WDRECV(c,e) \
 :: d_step { alive[s] && guard[s] && role[s]==0 && wdq[Q(c,s,e)] && reg[s]==c && known[s]<=e && !(wd[s]==e && wdt[s]==W) && LIVEWD -> wd[s]=e; wdt[s]=W; wda[Q(c,s,e)]=1; ONESHOT(c,e); SAY("S%d withdraws from e%d for C%d\n", s, e, c) }
#ifdef LIVE
#define LIVEWD (wd[s]==0)
#else
#define LIVEWD true
#endif
 WDRECV(1,1)
 WDRECV(1,2)
#if NC>1
 WDRECV(2,1)
 WDRECV(2,2)
#endif
 /* order to promote, proof (c): own half checked again here */
#ifdef V_PROMOGRANT
#define ORDERED lease[s]=T; take(s)
#else
#define ORDERED role[s]=1
#endif
#ifdef STALLS                   /* for traces: orders only are called off, and arrive only then */
#define ARRIVED(c,e) stq[Q(c,s,e)]
#define CALLEDOFF(c) (ce[c]>1)
#else
#define ARRIVED(c,e) true
#define CALLEDOFF(c) true
#endif
#define PRC(c,e) \
 :: d_step { prC[Q(c,s,e)] && ARRIVED(c,e) && TAKESC(s,c,e) -> known[s]=e; reign[s]=e; wd[s]=0; wdt[s]=0; ORDERED; SAY("S%d takes order promote e%d of C%d (proof c)\n", s, e, c) }
 PRC(1,2)
 PRC(1,3)
#if NC>1
 PRC(2,2)
 PRC(2,3)
#endif
#define PRA(c,e) \
 :: d_step { prA[Q(c,s,e)] && TAKESA(s,c,e) -> known[s]=e; reign[s]=e; wd[s]=0; wdt[s]=0; ORDERED; SAY("S%d takes order promote e%d of C%d (proof a)\n", s, e, c) }
 PRA(1,2)
 PRA(1,3)
#if NC>1
 PRA(2,2)
 PRA(2,3)
#endif
 /* orderly stop of reign e; the answer also burns e here */
#define STOP(c,e) \
 :: d_step { alive[s] && guard[s] && stq[Q(c,s,e)] && reg[s]==c && (!cfm[Q2(s,e)] || (role[s]>0 && reign[s]==e)) -> \
      if :: role[s]>0 && reign[s]<=e -> down(s) :: else -> skip fi; \
      BURN(e); cfm[Q2(s,e)]=1; SAY("S%d confirms: reign e%d is over\n", s, e) }
#ifdef RESUME
#define BURN(e) if :: burnt[s]<e -> burnt[s]=e :: else -> skip fi; if :: reign[s]!=e -> brn[Q2(s,e)]=1 :: else -> skip fi
#else
#define BURN(e) if :: known[s]<e -> known[s]=e :: else -> skip fi
#endif
#ifdef M_NOBURN
#undef BURN
#define BURN(e) skip
#endif
 STOP(1,1)
 STOP(1,2)
#if NC>1
 STOP(2,1)
 STOP(2,2)
#endif
#ifndef NOSOLO
 /* solo */
#define SOLO(n) \
 :: d_step { alive[s] && guard[s] && slq[n]>0 && SREG(s,n) && role[s]==2 && SEP(n) && SNUM(n) && !(solo[s]==SVAL(n) && sseq[s]>=n) -> solo[s]=SVAL(n); sseq[s]=MAX(sseq[s],n); SAY("S%d solo (order %d, e%d)\n", s, n, slq[n]) }
#ifdef V_SOLONOEPOCH
#define SEP(n) true
#define SVAL(n) 9
#else
#define SEP(n) (slq[n]==reign[s])
#define SVAL(n) slq[n]
#endif
#ifdef V_SOLONOREG
#define SREG(s,n) true
#else
#define SREG(s,n) (reg[s]==slc[n])
#endif
#ifdef V_SOLONONUM
#define SNUM(n) true
#else
#define SNUM(n) (n>sseq[s])
#endif
#define ENDS(n) \
 :: d_step { alive[s] && guard[s] && enq[n]>0 && SREG(s,n) && !ena[n] && role[s]==2 && lease[s]>0 && reign[s]==enq[n] && SNUM(n) -> solo[s]=0; sseq[s]=MAX(sseq[s],n); ena[n]=1; \
      SAY("S%d acknowledges end of solo (%d)\n", s, n) }
 SOLO(1)
 SOLO(2)
 SOLO(3)
 ENDS(2)
 ENDS(3)
#endif
#ifdef V_HELPERQ
 /* a start step queued in a helper on this server runs late */
 :: d_step { alive[s] && stepq[s]>0 && stepq[s]>=known[s] && !res[s] && GATE(s) -> res[s]=1; SAY("S%d: a queued start step of e%d runs now\n", s, stepq[s]); GOT(s) }
#endif
#ifdef V_OLDCLOCK
 :: d_step { alive[s] && guard[s] && role[s]>0 && old[s]>0 -> old[s]=0; lease[s]=200; if :: role[s]==1 -> take(s) :: else -> skip fi; SAY("S%d takes a grant from before its reboot\n", s) }
#endif
#ifndef LIVE
 /* power cut and boot, guard started again by whoever */
 :: d_step { alive[s] && sreb>0 -> sreb--; off(s); SAY("S%d power cut\n", s) }
 :: d_step { !alive[s] && !perm[s] -> alive[s]=1; guard[s]=1; lastg[s]=0; 
#ifndef M_GFRESH
      ans[s]=WAIT;
#endif
#ifdef V_AMNESIA
      known[s]=0; reg[s]=0; solo[s]=0; sseq[s]=0; reign[s]=0;
#endif
      SAY("S%d boots, new guard\n", s) }
#ifdef GUARDCRASH
 :: d_step { alive[s] && guard[s] && gcr>0 -> gcr--; guard[s]=0; wd[s]=0; wdt[s]=0; SAY("S%d guard killed\n", s) }
 :: d_step { alive[s] && !guard[s] -> guard[s]=1; lastg[s]=0;
#ifndef M_GFRESH
      ans[s]=WAIT;
#endif
      if :: role[s]==2 && lease[s]==0 && !INSOLO(s) -> down(s) :: role[s]==1 -> role[s]=0 :: else -> skip fi; SAY("S%d guard restarted\n", s) }
#endif
#endif
 od }

#ifdef FIX_ETCDSTOP
#define ETCDGONE (etcd==1)
#else
#define ETCDGONE true
#endif
proctype Ctl(byte c) {
end: do
#define GRANT(s) \
 :: d_step { ANSWERS(c,s) && (fl[GS(s,c)]<T || fe[GS(s,c)]!=ce[c]) -> \
      fl[GS(s,c)]=T; fe[GS(s,c)]=ce[c]; cans[c]=WAIT; cl[c]=ce[c]; SAY("C%d answers S%d (e%d)\n", c, s, ce[c]) }
 GRANT(0)
 GRANT(1)
#ifdef TWOSTEP
 :: d_step { c==1 && cup[c] && pg==0 && ch[c]==0 && ce[c]==1 && att[c]==0 && alive[0] && guard[0] && role[0]==2 && reign[0]==1 -> pg=T;
#ifdef FIX_RECBEFORE
      cans[c]=WAIT; cl[c]=1;
#endif
      SAY("C%d: an answer to S0 (e1) is on its way through the program\n", c) }
 :: d_step { c==1 && cup[c] && pg>0 -> if :: fl[GS(0,1)]<pg || fe[GS(0,1)]!=1 -> fl[GS(0,1)]=pg; fe[GS(0,1)]=1 :: else -> skip fi; pg=0;
#ifndef FIX_RECBEFORE
      cans[c]=WAIT; cl[c]=1;
#endif
      SAY("C%d: the answer leaves now\n", c) }
#endif
#ifdef M_OLDGRANT
 :: d_step { cup[c] && ce[c]>1 && ch[c]==1 && alive[0] && guard[0] && role[0]==2 && reign[0]<ce[c] && fl[GS(0,c)]<T -> fl[GS(0,c)]=T; fe[GS(0,c)]=reign[0]; cans[c]=WAIT; SAY("C%d still answers the old reign of S0\n", c) }
#endif
#ifdef V_HALF
 /* as written: a server takes grants from the controller registered THERE; nothing says that controller must be registered on both before it answers */
#define GRANTH(s) \
 :: d_step { cup[c] && !rb[c] && rga[c*2+s] && alive[s] && guard[s] && role[s]==2 && (fl[GS(s,c)]<T || fe[GS(s,c)]!=reign[s]) -> \
      fl[GS(s,c)]=T; fe[GS(s,c)]=reign[s]; cans[c]=WAIT; cl[c]=reign[s]; SAY("C%d, registered on S%d only, answers it (e%d)\n", c, s, reign[s]) }
 GRANTH(0)
 GRANTH(1)
#endif
#ifdef LIVE
#define WANT(t) (!alive[ch[c]] && t!=ch[c] && csolo[c]==0)
#else
#ifdef STALLS
#define WANT(t) (t!=ch[c])
#else
#define WANT(t) true
#endif
#endif
#define START(t) \
 :: d_step { cup[c] && rb[c] && att[c]==0 && ce[c]>0 && TOP(c)<EM && WANT(t) -> att[c]=NEXTATT(c); tgt[c]=t; \
      if :: t!=ch[c] -> wdq[Q(c,t,ce[c])]=1 :: else -> skip fi; SAY("C%d wants S%d as e%d; grants no more, asks S%d to withdraw\n", c, t, att[c], t) }
 START(0)
 START(1)
#ifndef LIVE
 :: d_step { cup[c] && att[c]>0 -> att[c]=0; SAY("C%d gives the attempt up, grants again\n", c) }
 :: d_step { cup[c] && rb[c] && ce[c]>0 && ce[c]<EM && !stq[Q(c,ch[c],ce[c])] && CALLEDOFF(c) -> stq[Q(c,ch[c],ce[c])]=1; SAY("C%d orders stop of e%d on S%d\n", c, ce[c], ch[c]) }
#endif
#ifdef V_NOREG
#define ROK(c) true
#else
#define ROK(c) rb[c]
#endif
#ifdef M_UNDO
#define SENTAS(c) ne[c]
#define SENT(t) nh[c]=t; ne[c]=att[c]; att[c]=0
#else
#define SENTAS(c) ce[c]
#ifdef RESUME
#define SENT(t) rel[Q(c,t,att[c])]=ce[c]; pc[c]=ch[c]; pe[c]=ce[c]; top[c]=att[c]; ch[c]=t; ce[c]=att[c]; att[c]=0
#else
#define SENT(t) ch[c]=t; ce[c]=att[c]; att[c]=0
#endif
#endif
#ifdef RESUME
 :: d_step { cup[c] && rb[c] && att[c]==0 && pe[c]>0 && brn[Q2(ch[c],ce[c])] && !cfm[Q2(pc[c],pe[c])] -> ch[c]=pc[c]; ce[c]=pe[c]; pe[c]=0; SAY("C%d: the last order is burned, e%d of S%d is answered again\n", c, ce[c], ch[c]) }
#endif
#define PROMC(t) \
 :: d_step { cup[c] && rb[c] && att[c]>0 && tgt[c]==t && t!=ch[c] && wda[Q(c,t,ce[c])] && CW(c) && SOLOOK(c) -> prC[Q(c,t,att[c])]=1; SENT(t); SAY("C%d orders S%d: promote e%d (proof c)\n", c, t, SENTAS(c)) }
 PROMC(0)
 PROMC(1)
#ifdef M_CFMNOEPOCH
#define PROOFA(c) (cfm[Q2(ch[c],1)]||cfm[Q2(ch[c],2)]||cfm[Q2(ch[c],3)])
#else
#define PROOFA(c) cfm[Q2(ch[c],ce[c])]
#endif
#define PROMA(t) \
 :: d_step { cup[c] && rb[c] && att[c]>0 && tgt[c]==t && PROOFA(c) && CWA(c) -> prA[Q(c,t,att[c])]=1; csolo[c]=0; SENT(t); SAY("C%d orders S%d: promote e%d (proof a)\n", c, t, SENTAS(c)) }
 PROMA(0)
 PROMA(1)
#ifdef M_UNDO
 :: d_step { cup[c] && ne[c]>ce[c] && pra[Q2(nh[c],ne[c])] -> ch[c]=nh[c]; ce[c]=ne[c]; SAY("C%d hears that S%d is ACTIVE e%d\n", c, nh[c], ne[c]) }
 :: d_step { cup[c] && rb[c] && ne[c]==2 && ce[c]==1 && cfm[Q2(ch[c],1)] && !prA[Q(c,ch[c],3)] -> prA[Q(c,ch[c],3)]=1; ce[c]=3; SAY("C%d undoes: S%d had confirmed its stop, so promote it again as e3\n", c, ch[c]) }
#endif
#ifndef NOSOLO
 :: d_step { cup[c] && rb[c] && att[c]==0 && csolo[c]==0 && ce[c]>0 && sn<3 && SOLONEED(c) -> csolo[c]=ce[c]; sn++; slq[sn]=ce[c]; slc[sn]=c; SAY("C%d gives S%d solo (order %d, e%d)\n", c, ch[c], sn, ce[c]) }
#ifndef LIVE
 :: d_step { cup[c] && rb[c] && csolo[c]>0 && sn<3 && slq[sn]>0 -> sn++; enq[sn]=csolo[c]; slc[sn]=c; SAY("C%d asks for the end of solo (%d)\n", c, sn) }
#endif
#ifdef V_SOLONONUM
 :: d_step { cup[c] && csolo[c]>0 && (ena[2]||ena[3]) && enq[sn]>0 -> csolo[c]=0; SAY("C%d: solo is over\n", c) }
#else
 :: d_step { cup[c] && csolo[c]>0 && enq[sn]>0 && ena[sn] -> csolo[c]=0; SAY("C%d: solo is over\n", c) }
#endif
#endif
#ifndef LIVE
 :: d_step { cup[c] && creb>0 -> creb--; cup[c]=0; att[c]=0;
#ifdef M_SOLOVOL
      csolo[c]=0;
#endif
      SAY("C%d dies\n", c) }
 :: d_step { !cup[c] -> cup[c]=1; cl[c]=0;
#ifdef V_TCHANGE
      cans[c]=1;    /* new configuration: T = 1, old answers were given with T */
#else
#ifndef M_CFRESH
      cans[c]=WAIT;
#else
      cans[c]=0;
#endif
#endif
      SAY("C%d starts\n", c) }
#endif
#ifdef V_ETCD
 :: d_step { c==2 && cup[c] && !rb[c] && alive[1] && guard[1] && reg[1]==1 && role[1]==0 && ETCDGONE -> reg[1]=2; rb[c]=1; ce[c]=known[1]; ch[c]=0; cans[c]=WAIT; SAY("C2: C1's lease in etcd has run out; registered on S1 alone, waits T\n") }
 :: d_step { c==1 && etcd==0 -> etcd=1; rb[1]=0; SAY("C1 loses its lease in etcd and answers no more\n") }
#endif
#ifdef V_NOREG
#define NOREG(s) \
 :: d_step { c==2 && cup[c] && alive[s] && guard[s] && reg[s]==0 && role[s]==0 && ans[s]==0 -> known[s]=3; reign[s]=3; lease[s]=T; SAY("C%d: S%d knows no registered controller, so its withdrawal alone is proof: promote\n", c, s); take(s) }
 NOREG(0)
 NOREG(1)
#endif
#if NC>1
 /* controller 2 takes the vote over while both servers answer */
#ifdef FIX_ORDER
#define ORD(s) (role[s]==0 || rga[c*2+P(s)])
#else
#define ORD(s) true
#endif
#define REGREQ(s) \
 :: d_step { c==2 && cup[c] && alive[0] && alive[1] && guard[0] && guard[1] && !rgq[c*2+s] && ORD(s) -> rgq[c*2+s]=1; SAY("C%d asks S%d to register it\n", c, s) }
 REGREQ(0)
 REGREQ(1)
#define REGDO(s) \
 :: d_step { c==2 && rgq[c*2+s] && alive[s] && guard[s] && reg[s]!=c && !rga[c*2+s] -> reg[s]=c; rga[c*2+s]=1; SAY("S%d registers C%d\n", s, c) }
 REGDO(0)
 REGDO(1)
 :: d_step { c==2 && cup[c] && !rb[c] && rga[c*2] && rga[c*2+1] && alive[0] && alive[1] && guard[0] && guard[1] -> rb[c]=1; ce[c]=MAX(known[0],known[1]); ch[c]=(reign[0]>=reign[1] -> 0 : 1);
      csolo[c]=((solo[0]!=0 || solo[1]!=0) -> ce[c] : 0);
#ifndef V_REGNOWAIT
      cans[c]=WAIT;
#endif
      SAY("C%d is registered on both; reign e%d of S%d\n", c, ce[c], ch[c]) }
#endif
 od }

proctype Clk() {
end: do
 :: d_step { TICK ->
#define TM(x) if :: x>0 -> x-- :: else -> skip fi
#ifdef DRIFT
   if :: slipc[0]==9 -> slipc[0]=T :: else -> TM(lease[0]); TM(slipc[0]) fi; TM(lease[1]);
#else
   TM(lease[0]); TM(lease[1]);
#endif
#ifndef M_LATE
   TM(fl[0]); TM(fl[1]); TM(fl[2]); TM(fl[3]); TM(fl[4]); TM(fl[5]);
#endif
#ifdef TWOSTEP
   TM(pg);
#endif
   TM(ans[0]); TM(ans[1]); TM(wdt[0]); TM(wdt[1]); TM(cans[1]); TM(cans[2]);
   if :: wdt[0]==0 -> wd[0]=0 :: else -> skip fi;
   if :: wdt[1]==0 -> wd[1]=0 :: else -> skip fi;
#ifdef GUARDCRASH
#ifdef RESET
#define RUNOUT(s) if :: role[s]==2 && lease[s]==0 && !INSOLO(s) -> if :: guard[s] -> down(s) :: else -> off(s) fi :: else -> skip fi
#else
#define RUNOUT(s) if :: role[s]==2 && lease[s]==0 && !INSOLO(s) && guard[s] -> down(s) :: else -> skip fi
#endif
#else
#ifdef V_SLOWDEM
#define RUNOUT(s) if :: role[s]==2 && lease[s]==0 && !INSOLO(s) && late[s] -> down(s); late[s]=0 :: role[s]==2 && lease[s]==0 && !INSOLO(s) && !late[s] -> late[s]=1 :: else -> late[s]=0 fi
#else
#define RUNOUT(s) if :: role[s]==2 && lease[s]==0 && !INSOLO(s) -> down(s) :: else -> skip fi
#endif
#endif
   RUNOUT(0); RUNOUT(1);
#ifdef LIVE
   if :: watching -> live_t++; assert(live_t<=LIVEMAX) :: else -> skip fi;
#ifdef LIVE_SOLO
   assert(res[0]);
#endif
#ifdef LIVE_KEEP
   assert(res[0]);
#endif
#endif
   SAY("---- tick: lease %d/%d ans %d/%d wd %d/%d cans %d,%d\n", lease[0], lease[1], ans[0], ans[1], wdt[0], wdt[1], cans[1], cans[2]) }
#ifdef DRIFT
 :: d_step { slipc[0]==0 && lease[0]>0 -> slipc[0]=9; SAY("S0's clock is slow\n") }
#endif
 od }

#ifdef LIVE
byte steps;
proctype Env() {
#ifdef LIVE_FAIL      /* A dies at any time, B and C live */
  atomic { off(0); perm[0]=1; watching=1; SAY("S0 dies for good\n") };
  (res[1]) -> watching=0;
#endif
#ifdef LIVE_SOLO      /* standby away, solo given, controller dies and comes back much later: A must stay ACTIVE */
  atomic { away=1; guard[1]=0; alive[1]=0; SAY("standby goes into maintenance\n") };
#ifdef NOSOLO
  atomic { cup[1]=0;
#else
  (solo[0]>0) -> atomic { cup[1]=0;
#endif
  SAY("C1 stopped\n") };
#endif
#ifdef LIVE_KEEP      /* C asks B to withdraw (it does not see A for a moment), dies before it promotes; A and B healthy: A must stay ACTIVE */
  atomic { att[1]=2; tgt[1]=1; wdq[Q(1,1,1)]=1; SAY("C1 does not see S0, asks S1 to withdraw\n") };
  (wda[Q(1,1,1)]) -> atomic { cup[1]=0; wdq[Q(1,1,1)]=0; SAY("C1 dies\n") };
#endif
}
#endif

init { d_step {
  alive[0]=1; alive[1]=1; guard[0]=1; guard[1]=1; reg[0]=1; reg[1]=1;
  role[0]=2; res[0]=1; reign[0]=1; known[0]=1; known[1]=1; lastg[1]=1; cl[1]=1; lease[0]=T; ans[1]=WAIT; ans[0]=0;
  cup[1]=1; rb[1]=1; ch[1]=0; ce[1]=1; cans[1]=WAIT;
#ifdef RESUME
  top[1]=1;
#endif
#if NC>1
  cup[2]=1;
#endif
  };
  atomic { run Srv(0); run Srv(1); run Ctl(1);
#if NC>1
  run Ctl(2);
#endif
#ifdef LIVE
  run Env();
#endif
  run Clk(); } }
