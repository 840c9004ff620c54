"""What a run costs: this product and what people would use instead, side by side on one machine."""
