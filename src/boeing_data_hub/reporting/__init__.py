"""What people are shown about batches: progress, failures by cause, exports."""
