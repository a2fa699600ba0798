"""The words of the domain as frozen values and pure rules. Nothing here touches the world."""
