"""The first seed of `schedule.BRIEF` that catches each planted bug; found by `pytest -m mutations`.

Not every bug has one yet since the faults last changed: `pytest -m mutations` searches for all.
"""

KNOWN: dict[str, int] = {
    "10-order-is-first-grant": 98,
    "10b-dead-reign-resumes": 328,
    "11-lower-lease-at-once": 300,
    "12-second-guard": 71,
    "14-no-gate": 5,
    "15-no-reset": 176,
    "16-late-demotion": 9,
    "17-solo-ends-unacknowledged": 38,
    "17-solo-ignored": 18,
    "17-solo-volatile": 18,
    "18-half-registered-answers": 9,
    "19-noted-after-send": 232,
    "2-controller-does-not-wait": 33,
    "20-no-margin": 184,
    "22-freshness-from-the-last-poll": 383,
    "23-no-brake": 0,
    "24-old-fence-counts": 7,
    "25-same-epoch-again": 7,
    "26-timeout-counts-as-stopped": 2,
    "3-peer-does-not-wait": 71,
    "4-no-local-check": 71,
    "5-guard-forgets": 367,
    "6-controller-forgets": 33,
    "6b-answers-after-noting": 441,
    "7-burned-proves-all": 134,
    "8-undo-by-timer": 1,
    "9-confirmation-without-reign": 1,
}
