"""What is done now and then: removing what is past its term, looking for stuck work, telling people."""
