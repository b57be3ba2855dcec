"""What billing remembers. Invoices are added, never edited nor erased: a credit note answers a mistake."""

from terreau.billing.models.invoices import (
    Closing,
    Customer,
    Invoice,
    InvoiceLine,
    Issuer,
    Paper,
    Series,
)

__all__ = ["Closing", "Customer", "Invoice", "InvoiceLine", "Issuer", "Paper", "Series"]
