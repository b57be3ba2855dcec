"""A statement is read whole, its balances reached, or refused with every row and reason."""

from datetime import date

import pytest

from terreau.formats.refusals import NotRead
from terreau.formats.sepa.statement import RETURNS, read
from terreau.measures.money import Money

CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">
 <BkToCstmrStmt><GrpHdr><MsgId>1</MsgId><CreDtTm>2026-12-31T06:00:00</CreDtTm></GrpHdr><Stmt><Id>12</Id>
  <Acct><Id><IBAN>FR7630006000011234567890189</IBAN></Id></Acct>
  <Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp>
   <Amt Ccy="EUR">1000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
  <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp>
   <Amt Ccy="EUR">{closing}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
  <Ntry><Amt Ccy="EUR">60.30</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>{booked}</Sts>
   <BookgDt><Dt>2026-12-07</Dt></BookgDt><ValDt><Dt>2026-12-08</Dt></ValDt>
   <NtryDtls>
    <TxDtls><Refs><EndToEndId>P202612-0001</EndToEndId></Refs>
     <Amt Ccy="EUR">42.50</Amt><CdtDbtInd>CRDT</CdtDbtInd>
     <RltdPties><Dbtr>{alice}</Dbtr></RltdPties><RmtInf><Ustrd>Paniers</Ustrd></RmtInf></TxDtls>
    <TxDtls><Refs><EndToEndId>P202612-0002</EndToEndId></Refs>
     <AmtDtls><TxAmt><Amt Ccy="EUR">17.80</Amt></TxAmt></AmtDtls></TxDtls>
   </NtryDtls></Ntry>
  <Ntry><Amt Ccy="EUR">17.80</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>{booked}</Sts>
   <BookgDt><DtTm>2026-12-09T00:00:00</DtTm></BookgDt>
   <NtryDtls><TxDtls><Refs><EndToEndId>P202612-0002</EndToEndId></Refs>
    <RltdPties><DbtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct></RltdPties>
    <RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf></TxDtls></NtryDtls></Ntry>
  <Ntry><Amt Ccy="EUR">3.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>PDNG</Sts>
   <BookgDt><Dt>2026-12-31</Dt></BookgDt><AddtlNtryInf>Frais</AddtlNtryInf></Ntry>
 </Stmt></BkToCstmrStmt></Document>"""
OLD = {"version": "02", "booked": "BOOK", "alice": "<Nm>Alice Exemple</Nm>"}
NEW = {"version": "08", "booked": "<Cd>BOOK</Cd>", "alice": "<Pty><Nm>Alice Exemple</Nm></Pty>"}


@pytest.mark.parametrize("version", [OLD, NEW], ids=["camt.053.001.02", "camt.053.001.08"])
def test_a_statement_says_each_debit_and_what_came_back(version):
    statement = read(CAMT.format(closing="1042.50", **version).encode())
    assert (statement.iban, statement.opening, statement.closing) == (
        "FR7630006000011234567890189", Money(100000), Money(104250),
    )  # fmt: skip
    first, second, back = statement.movements
    assert (first.day, first.value_day, first.amount) == (date(2026, 12, 7), date(2026, 12, 8), Money(4250))
    assert (first.end_to_end, first.counterparty, first.label) == ("P202612-0001", "Alice Exemple", "Paniers")
    assert (second.end_to_end, second.amount) == ("P202612-0002", Money(1780))
    assert (back.day, back.amount, back.end_to_end) == (date(2026, 12, 9), Money(-1780), "P202612-0002")
    assert back.counterparty_iban == "DE89370400440532013000"
    assert RETURNS[back.returned] == "provision insuffisante"


def test_the_same_statement_twice_has_the_same_fingerprints_and_no_two_alike():
    data = CAMT.format(closing="1042.50", **OLD).encode()
    marks = [movement.fingerprint for movement in read(data).movements]
    assert marks == [movement.fingerprint for movement in read(data).movements]
    assert len(set(marks)) == 3


def test_two_identical_lines_of_one_day_are_two_facts():
    row = "07/12/2026;PANIER;12,50\n"
    first, second = read(f"Date;Libellé;Montant\n{row}{row}".encode()).movements
    assert first.fingerprint != second.fingerprint


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (CAMT.format(closing="1042.51", **OLD), "il est incomplet"),
        (CAMT.format(closing="1042.50", **OLD).replace('Ccy="EUR">60.30', 'Ccy="USD">60.30'), "Écriture 1"),
        (CAMT.format(closing="1042.50", **OLD).replace("2026-12-07", "2026-12-32"), "Écriture 1"),
        (CAMT.format(closing="1042.50", **OLD).replace(">60.30<", ">soixante<"), "Écriture 1"),
        (CAMT.format(closing="1042.50", **OLD).replace("camt.053", "camt.054"), "camt.053"),
        (CAMT[:400], "n’est pas un relevé lisible"),
        ('<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]><d>&x;</d>', "camt.053"),
        ("nom;prénom\nExemple;Alice\n", "Date"),
        ("Date;Libellé;Montant\n", "aucune opération"),
    ],
    ids=["gap", "dollars", "date", "amount", "another message", "cut", "entity", "no header", "empty"],
)  # fmt: skip
def test_what_is_no_statement_is_refused(data, told):
    with pytest.raises(NotRead) as refusal:
        read(data.encode())
    assert told in refusal.value.problems[0]


SEPARATE = (
    "Compte courant n° 123;;;;\r\n\r\nDate opération;Date valeur;Libellé;Débit euros;Crédit euros\r\n"
    "07/12/2026;08/12/2026;VIR SEPA ALICE EXEMPLE;;1 042,50\r\n09/12/2026;09/12/2026;FRAIS;-3,00;\r\n"
    "10/12/2026;10/12/2026;REJET PRLV;17,80;\r\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_debit_and_credit_columns_under_the_words_of_the_bank(encoding):
    movements = read(SEPARATE.encode(encoding)).movements
    assert [(movement.label, movement.amount) for movement in movements] == [
        ("VIR SEPA ALICE EXEMPLE", Money(104250)), ("FRAIS", Money(-300)), ("REJET PRLV", Money(-1780)),
    ]  # fmt: skip
    assert movements[0].value_day == date(2026, 12, 8)


def test_one_column_of_signed_amounts_and_its_details():
    data = (
        'Date,Libellé,Détail,Montant (EUR)\n2026-12-07,VIREMENT,F2026-00042,"-1 234,50"\n'
        "08/12/2026,CHEQUE,,12.50\n"
    )
    first, second = read(data.encode()).movements
    assert (first.amount, first.label) == (Money(-123450), "VIREMENT F2026-00042")
    assert (second.amount, second.label) == (Money(1250), "CHEQUE")


def test_every_wrong_row_is_said_and_nothing_is_read():
    data = (
        "Date;Libellé;Débit;Crédit\n32/12/2026;A;1,00;\n07/12/2026;B;;\n07/12/2026;;1,00;\n"
        "07/12/2026;C;1,234,5;\n"
    )
    with pytest.raises(NotRead) as refusal:
        read(data.encode())
    assert [problem.split("\u202f")[0] for problem in refusal.value.problems] == [
        "Ligne 2", "Ligne 3", "Ligne 4", "Ligne 5",
    ]  # fmt: skip
