"""What the texts say of a test, of the installation aid, of organic conversion: dated, sourced."""
