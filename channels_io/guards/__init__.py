"""What may be dialled, written to and spent. Asked before every call and message that costs money; fails closed."""
